/** Where a case is served: an embedded registry, images in it that may be odd in any member, and servers beside it. */
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

/** A JSON object; members that are undefined are missing in what is served. */
export type Members = Readonly<Record<string, unknown>>

export interface DescribedBlob {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
}

/** A blob of a layer, and the digest that the config has for it. */
export interface CaseLayer extends DescribedBlob {
  readonly diffID: Digest
}

/** What is other than in a common image. Members go over those of a common one; undefined takes one out. */
export interface ImageParts {
  /** `latest`; null: known by its digest alone. */
  readonly tag?: string | null
  readonly layers?: readonly CaseLayer[]
  /** Of the manifest. */
  readonly manifest?: Members
  /** Of the descriptor of the config. */
  readonly configDescriptor?: Members
  /** Of each layer's descriptor. */
  readonly layerDescriptor?: Members
  /** Of the config. */
  readonly config?: Members
  /** Of the config's `config`. */
  readonly runtime?: Members
  /** Of the config's `rootfs`. */
  readonly rootfs?: Members
  /** Header of the manifest; none if it is empty. */
  readonly contentType?: string
  /** Of the config. */
  readonly algorithm?: DigestAlgorithm
  /** Of the manifest, where it is asked for by digest. */
  readonly manifestAlgorithm?: DigestAlgorithm
}

export class CaseHost {
  readonly registry: TestRegistry
  /** Where images are put. */
  repository = 'app'
  /** Digests of layers: what must not be asked for where only the manifest and the config are looked at. */
  readonly layerDigests: Digest[] = []
  readonly id: string
  readonly #blobs = new Map<string, Buffer>()
  readonly #servers: Server[] = []

  private constructor(
    id: string,
    registry: TestRegistry,
    /** Whether the registry answers only who has a token or a password. */
    readonly asksWho: boolean,
  ) {
    this.id = id
    this.registry = registry
    registry.hook(({ kind, reference }) => {
      const bytes = kind === 'blob' ? this.#blobs.get(reference) : undefined
      return bytes && { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: bytes }
    })
  }

  /** @param id a word that no other case has: it stands in every layer and config, so that no case shares blobs */
  static async start(id: string, options: RegistryOptions): Promise<CaseHost> {
    const { auth = 'none' } = options
    return new CaseHost(id, await startRegistry(options), auth !== 'none')
  }

  /** A layer of one file, `name`, whose content is the case's id. */
  layerOf(name = 'case', compression: 'gzip' | 'none' = 'gzip'): BuiltLayer {
    return buildLayer({ entries: [{ path: name, content: this.id }] }, 'oci', compression)
  }

  /** Puts bytes into the registry, under a digest of any algorithm. */
  blob(bytes: Buffer, mediaType: string, algorithm: DigestAlgorithm = 'sha256'): DescribedBlob {
    const digest = digestOf(bytes, algorithm)
    if (algorithm === 'sha256') this.registry.putBlob(bytes)
    else this.#blobs.set(digest, bytes)
    return { mediaType, digest, size: bytes.length }
  }

  /** Puts the blob of a layer into the registry. */
  layer(
    built: Pick<BuiltLayer, 'bytes' | 'tar'> = this.layerOf(),
    mediaType: string = mediaTypes.ociLayerGzip,
    algorithm: DigestAlgorithm = 'sha256',
    diffAlgorithm: DigestAlgorithm = algorithm,
  ): CaseLayer {
    const described = this.blob(built.bytes, mediaType, algorithm)
    this.layerDigests.push(described.digest)
    return { ...described, diffID: digestOf(built.tar, diffAlgorithm) }
  }

  /** Puts a document under `repository`, by tag and digest, or by digest alone. */
  document(
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

  /** Puts an image: a common one of one layer, with the differences that `parts` says. */
  image(parts: ImageParts = {}): DescribedBlob {
    const { tag = 'latest', layers = [this.layer()], contentType } = parts
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
      config: { ...this.blob(bytes, mediaTypes.ociConfig, parts.algorithm), ...parts.configDescriptor },
      layers: layers.map(({ mediaType, digest, size }) => ({
        ...{ mediaType, digest, size },
        ...parts.layerDescriptor,
      })),
      ...parts.manifest,
    }
    return this.document(tag, manifest, mediaTypes.ociManifest, contentType, parts.manifestAlgorithm)
  }

  /** Puts an index of `manifests` as `latest`. */
  index(manifests: readonly unknown[] | null, members: Members = {}, contentType?: string): DescribedBlob {
    const mediaType = mediaTypes.ociIndex
    return this.document(
      'latest',
      { schemaVersion: 2, mediaType, manifests, ...members },
      mediaType,
      contentType,
    )
  }

  /** Starts a server on another host than the registry's; gives its origin. */
  async elsewhere(listener: RequestListener): Promise<string> {
    const server = createServer(listener)
    this.#servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve))
    return `http://127.0.0.2:${(server.address() as AddressInfo).port}` // listening on TCP: never a pipe's name
  }

  /** The bytes of a blob, whichever algorithm its digest is of. */
  bytesOf(digest: string): Buffer | undefined {
    return this.#blobs.get(digest) ?? this.registry.blob(digest)
  }

  /** A sentence if a blob of a layer was asked for. */
  layerBreach(): string | undefined {
    const asked = this.registry.requests.find(({ reference }) =>
      this.layerDigests.includes(reference as Digest),
    )
    return asked && `a layer was asked for: ${asked.method} ${asked.url}`
  }

  async close(): Promise<void> {
    for (const server of this.#servers) {
      server.close()
      server.closeAllConnections()
    }
    await this.registry.close()
  }
}
