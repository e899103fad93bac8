/** Provides the servers of a compatibility case: an embedded registry, images with any members, and further servers. */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { digestOf, type Digest, type DigestAlgorithm } from '../../lib/image/digest/digest.js'
import { mediaTypes } from '../../lib/image/documents/media-types.js'
import {
  buildLayer,
  type BuiltLayer,
  type RegistryOptions,
  startRegistry,
  type TestRegistry,
} from '../../lib/testing/index.js'

/** A JSON object. Members that are undefined are left out of the served document. */
export type Members = Readonly<Record<string, unknown>>

export interface DescribedBlob {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
}

/** A layer blob with its digest in the config. */
export interface CaseLayer extends DescribedBlob {
  readonly diffID: Digest
}

/** Differences from an ordinary image. Each replaces members of the ordinary image; undefined removes a member. */
export interface ImageParts {
  /** Tag (`latest`); null for an image without a tag. */
  readonly tag?: string | null
  readonly layers?: readonly CaseLayer[]
  /** Members of the manifest. */
  readonly manifest?: Members
  /** Members of the descriptor of the config. */
  readonly configDescriptor?: Members
  /** Members of the descriptor of each layer. */
  readonly layerDescriptor?: Members
  /** Members of the config. */
  readonly config?: Members
  /** Members of `config` in the config. */
  readonly runtime?: Members
  /** Members of `rootfs` in the config. */
  readonly rootfs?: Members
  /** `Content-Type` of the manifest. If it is empty, the header is not sent. */
  readonly contentType?: string
  /** Algorithm of the digest of the config. */
  readonly algorithm?: DigestAlgorithm
  /** Algorithm of the digest of the manifest, for requests by digest. */
  readonly manifestAlgorithm?: DigestAlgorithm
}

/** The servers of one case. */
export class CaseHost {
  readonly registry: TestRegistry
  /** Repository that receives the images. */
  repository = 'app'
  /** Digests of all layers. A client that reads only the manifest and the config must not request them. */
  readonly layerDigests: Digest[] = []
  readonly id: string
  readonly #blobs = new Map<string, Buffer>()
  readonly #servers: Server[] = []

  private constructor(
    id: string,
    registry: TestRegistry,
    /** Whether the registry requires a token or a password. */
    readonly requiresLogin: boolean,
  ) {
    this.id = id
    this.registry = registry
    registry.hook(({ kind, reference }) => {
      const bytes = kind === 'blob' ? this.#blobs.get(reference) : undefined
      return bytes && { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: bytes }
    })
  }

  /** @param id unique among all cases. Every layer and config contains it, so that cases do not share blobs. */
  static async start(id: string, options: RegistryOptions): Promise<CaseHost> {
    const { auth = 'none' } = options
    return new CaseHost(id, await startRegistry(options), auth !== 'none')
  }

  /** Builds a layer of one file `name` whose content is the id of the case. */
  layerOf(name = 'case', compression: 'gzip' | 'none' = 'gzip'): BuiltLayer {
    return buildLayer({ entries: [{ path: name, content: this.id }] }, 'oci', compression)
  }

  /** Puts a blob into the registry, under a digest of any algorithm. */
  putBlob(bytes: Buffer, mediaType: string, algorithm: DigestAlgorithm = 'sha256'): DescribedBlob {
    const digest = digestOf(bytes, algorithm)
    if (algorithm === 'sha256') this.registry.putBlob(bytes)
    else this.#blobs.set(digest, bytes)
    return { mediaType, digest, size: bytes.length }
  }

  /** Puts the blob of a layer into the registry. */
  putLayer(
    built: Pick<BuiltLayer, 'bytes' | 'tar'> = this.layerOf(),
    mediaType: string = mediaTypes.ociLayerGzip,
    algorithm: DigestAlgorithm = 'sha256',
    diffAlgorithm: DigestAlgorithm = algorithm,
  ): CaseLayer {
    const described = this.putBlob(built.bytes, mediaType, algorithm)
    this.layerDigests.push(described.digest)
    return { ...described, diffID: digestOf(built.tar, diffAlgorithm) }
  }

  /** Puts a document into `repository`, by tag and digest or by digest only. */
  putDocument(
    tag: string | null,
    value: unknown,
    mediaType: string,
    contentType = mediaType,
    algorithm: DigestAlgorithm = 'sha256',
  ): DescribedBlob {
    const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.from(JSON.stringify(value))
    const digest = digestOf(bytes, algorithm)
    this.registry.putManifest(this.repository, digest, bytes, contentType)
    if (tag !== null) this.registry.putManifest(this.repository, tag, bytes, contentType)
    return { mediaType, digest, size: bytes.length }
  }

  /** Puts an ordinary image of one layer, with the differences of `parts`. */
  putImage(parts: ImageParts = {}): DescribedBlob {
    const { tag = 'latest', layers = [this.putLayer()], contentType } = parts
    const config = {
      architecture: 'amd64',
      os: 'linux',
      created: '2024-01-01T00:00:00Z',
      config: { Cmd: ['/bin/case'], Labels: { case: this.id }, ...parts.runtime },
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffID }) => diffID), ...parts.rootfs },
      history: layers.map(() => ({ created: '2024-01-01T00:00:00Z', created_by: this.id })),
      ...parts.config,
    }
    const bytes = Buffer.from(JSON.stringify(config))
    const manifest = {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { ...this.putBlob(bytes, mediaTypes.ociConfig, parts.algorithm), ...parts.configDescriptor },
      layers: layers.map(({ mediaType, digest, size }) => ({
        ...{ mediaType, digest, size },
        ...parts.layerDescriptor,
      })),
      ...parts.manifest,
    }
    return this.putDocument(tag, manifest, mediaTypes.ociManifest, contentType, parts.manifestAlgorithm)
  }

  /** Puts an index of `manifests` as `latest`. */
  putIndex(manifests: readonly unknown[] | null, members: Members = {}, contentType?: string): DescribedBlob {
    const mediaType = mediaTypes.ociIndex
    return this.putDocument(
      'latest',
      { schemaVersion: 2, mediaType, manifests, ...members },
      mediaType,
      contentType,
    )
  }

  /** Starts a server on another address than that of the registry, and returns its origin. */
  async startOtherServer(listener: RequestListener): Promise<string> {
    const server = createServer(listener)
    this.#servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve))
    return `http://127.0.0.2:${(server.address() as AddressInfo).port}` // a server on TCP has no pipe name
  }

  /** Returns the bytes of a blob by a digest of any algorithm. */
  bytesOf(digest: string): Buffer | undefined {
    return this.#blobs.get(digest) ?? this.registry.blob(digest)
  }

  /** Returns a sentence if the client requested a layer; undefined if not. */
  layerViolation(): string | undefined {
    const request = this.registry.requests.find(({ reference }) =>
      this.layerDigests.includes(reference as Digest),
    )
    return request && `a layer was requested: ${request.method} ${request.url}`
  }

  async close(): Promise<void> {
    for (const server of this.#servers) {
      server.close()
      server.closeAllConnections()
    }
    await this.registry.close()
  }
}
