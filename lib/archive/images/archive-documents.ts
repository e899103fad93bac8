/**
 * Reads the documents of an archive of images: `index.json` and the manifests of an OCI image layout, and `manifest.json` of
 * `docker save`. An archive may have both. The archive may be on disk or received from a stream.
 */
import * as t from 'io-ts'
import { quoted } from '../../codec/index.js'
import {
  type Compression,
  type Descriptor,
  type Digest,
  type ImageIndex,
  type ImageManifest,
  algorithmOf,
  digestOf,
  hexOf,
  isImageManifestType,
  isImageOrIndexEntry,
  isIndexType,
  mediaTypes,
  parseImageConfig,
  parseImageIndex,
  parseImageManifest,
} from '../../image/index.js'
import type { Limits } from '../../limits.js'
import { formatExactBytes } from '../../quantities.js'
import {
  type ArchivedFile,
  type ArchivedFiles,
  bufferFile,
  compressionOfFile,
  readPart,
} from './archived-file.js'
import { archivedName } from './archived-name.js'
import { asImageArchiveError, invalidImageArchive } from './invalid-archive.js'

/** Path of the list of images of a layout, and of that of an archive of `docker save`. */
export const indexPath = 'index.json'
export const dockerListPath = 'manifest.json'

const DockerItems = t.array(
  t.intersection([
    t.type({ Config: t.string, Layers: t.union([t.array(t.string), t.null]) }),
    t.partial({ RepoTags: t.union([t.array(t.string), t.null]) }),
  ]),
)

/** An image that `manifest.json` lists. */
export interface DockerItem {
  /** Path of the config. */
  readonly config: string
  /** Paths of the layers, base layer first. */
  readonly layers: readonly string[]
  /** Normalised names with a tag. */
  readonly names: readonly string[]
}

/** Maximum number of images, and of manifests that one index leads to. */
export const maxArchivedImages = 1_000

/** The documents of one archive. */
export class ArchiveDocuments {
  /** Blobs that the archive does not have under their digests: made manifests, and the files of `docker save`. */
  readonly #blobs = new Map<Digest, ArchivedFile>()
  readonly #made = new Map<DockerItem, Promise<Digest>>()
  #items: Promise<readonly DockerItem[] | undefined> | undefined
  #listedByConfig: Promise<ReadonlyMap<Digest, Digest>> | undefined

  /** @param label the archive, for errors */
  constructor(
    private readonly files: ArchivedFiles,
    readonly label: string,
    readonly limits: Limits,
  ) {}

  /** Returns the file of a blob. */
  blob(digest: Digest): ArchivedFile | undefined {
    return this.#blobs.get(digest) ?? this.files.get(`blobs/${algorithmOf(digest)}/${hexOf(digest)}`)
  }

  /** Returns a file by its path. */
  file(path: string): ArchivedFile | undefined {
    return this.files.get(path)
  }

  /** Returns `index.json`; undefined if the archive is not a layout. @throws MANIFEST_INVALID */
  async index(): Promise<ImageIndex | undefined> {
    const file = this.files.get(indexPath)
    return file && parseImageIndex(await this.#read(file, this.limits.manifestBytes))
  }

  /** Returns the images of `manifest.json`; undefined if the archive has none. @throws MANIFEST_INVALID */
  dockerItems(): Promise<readonly DockerItem[] | undefined> {
    return (this.#items ??= this.#readItems())
  }

  async #readItems(): Promise<readonly DockerItem[] | undefined> {
    const file = this.files.get(dockerListPath)
    if (!file) return undefined
    const items = DockerItems.decode(this.#parseJson(await this.#read(file, this.limits.manifestBytes)))
    if (items._tag === 'Left') throw this.invalid('its manifest.json is not a list of images')
    return items.right.slice(0, maxArchivedImages).map(({ Config, Layers, RepoTags }) => ({
      config: Config,
      layers: Layers ?? [],
      names: [...new Set((RepoTags ?? []).flatMap(archivedName))],
    }))
  }

  /** Returns the image manifests below an entry that are in the archive. */
  async manifestsBelow(entry: Descriptor, depth = this.limits.indexDepth): Promise<Descriptor[]> {
    if (!isImageOrIndexEntry(entry)) return []
    const file = this.blob(entry.digest)
    if (!file) return []
    if (isImageManifestType(entry.mediaType)) return [entry]
    if (!isIndexType(entry.mediaType) || depth <= 0) return []
    const found: Descriptor[] = []
    const { manifests } = parseImageIndex(await this.#read(file, this.limits.manifestBytes))
    for (const each of manifests.slice(0, maxArchivedImages))
      found.push(...(await this.manifestsBelow(each, depth - 1)))
    return found.slice(0, maxArchivedImages)
  }

  /** Returns the manifest with the digest. @throws MANIFEST_INVALID if the archive lacks it or a blob that it refers to */
  async manifest(digest: Digest): Promise<ImageManifest> {
    const file = this.blob(digest)
    if (!file) throw this.invalid(`it lacks the manifest ${digest}`)
    const manifest = parseImageManifest(await this.#read(file, this.limits.manifestBytes))
    for (const { digest: blob, size } of [manifest.config, ...manifest.layers]) {
      const found = this.blob(blob)
      if (!found) throw this.invalid(`it lacks the blob ${blob} of the image ${digest}`)
      if (found.size !== size)
        throw this.invalid(`the blob ${blob} has ${found.size} bytes, and the image ${digest} states ${size}`)
    }
    return manifest
  }

  /** Returns the config with the digest. */
  async config(digest: Digest): Promise<Buffer> {
    const file = this.blob(digest)
    if (!file) throw this.invalid(`it lacks the config ${digest}`)
    return this.#read(file, this.limits.configBytes)
  }

  /** Returns the digest of the config of an item. */
  async configDigest({ config }: DockerItem): Promise<Digest> {
    return digestOf(await this.#read(this.#fileOf(config, 'config'), this.limits.configBytes))
  }

  /**
   * Returns the digest of the manifest of an item: of the one that the index lists for the config, otherwise of one that is made,
   * because an archive of an older Docker has none.
   * @throws MANIFEST_INVALID if a part is missing; CONFIG_INVALID
   */
  manifestOfItem(item: DockerItem): Promise<Digest> {
    const known = this.#made.get(item)
    if (known) return known
    const made = this.#manifestOfItem(item)
    this.#made.set(item, made)
    return made
  }

  async #manifestOfItem(item: DockerItem): Promise<Digest> {
    const bytes = await this.#read(this.#fileOf(item.config, 'config'), this.limits.configBytes)
    const config = digestOf(bytes)
    this.#listedByConfig ??= this.#manifestsByConfig()
    const listed = (await this.#listedByConfig).get(config)
    if (listed !== undefined) return listed
    const { rootfs } = parseImageConfig(bytes, { digest: config, maxBytes: this.limits.configBytes })
    const diffIDs = rootfs.diff_ids.length === item.layers.length ? rootfs.diff_ids : []
    const layers: Descriptor[] = []
    for (const [at, path] of item.layers.entries()) layers.push(await this.#layer(path, diffIDs[at]))
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        config: { mediaType: mediaTypes.ociConfig, digest: config, size: bytes.length },
        layers,
      }),
    )
    const digest = digestOf(manifest)
    this.#blobs.set(config, bufferFile(bytes))
    this.#blobs.set(digest, bufferFile(manifest))
    return digest
  }

  /** Returns the descriptor of a layer. The digest of an uncompressed one that is not known is its diffID. */
  async #layer(path: string, diffID: Digest | undefined): Promise<Descriptor> {
    const file = this.#fileOf(path, 'layer')
    const compression = await compressionOfFile(file).catch((error: unknown) => {
      throw asImageArchiveError(error, this.label)
    })
    const stated = file.sha256 ?? (compression === 'none' ? diffID : undefined)
    const digest = stated ?? (await file.digest())
    this.#blobs.set(digest, file)
    return { mediaType: layerTypes[compression], digest, size: file.size }
  }

  /** Returns the manifests that the index lists, by the digests of their configs. */
  async #manifestsByConfig(): Promise<ReadonlyMap<Digest, Digest>> {
    const found = new Map<Digest, Digest>()
    for (const entry of (await this.index())?.manifests.slice(0, maxArchivedImages) ?? [])
      for (const { digest } of await this.manifestsBelow(entry)) {
        const { config } = parseImageManifest(await this.#read(this.blob(digest)!, this.limits.manifestBytes))
        if (!found.has(config.digest)) found.set(config.digest, digest)
      }
    return found
  }

  /** Returns a MANIFEST_INVALID error. @param why a clause: `it lacks the config` */
  readonly invalid = (why: string): Error => invalidImageArchive(this.label, why)

  #fileOf(path: string, what: string): ArchivedFile {
    const file = this.files.get(path)
    if (!file) throw this.invalid(`it lacks the ${what} ${quoted(path)}, which its manifest.json lists`)
    return file
  }

  #parseJson(bytes: Buffer): unknown {
    try {
      return JSON.parse(bytes.toString('utf8'))
    } catch {
      throw this.invalid('its manifest.json is not JSON')
    }
  }

  #read(file: ArchivedFile, maxBytes: number): Promise<Buffer> {
    if (file.size > maxBytes)
      throw this.invalid(
        `a document of it has ${formatExactBytes(file.size)}, and ${formatExactBytes(maxBytes)} are the limit`,
      )
    return readPart(file)
  }
}

const layerTypes: Readonly<Record<Compression, string>> = {
  none: mediaTypes.ociLayer,
  gzip: mediaTypes.ociLayerGzip,
  zstd: mediaTypes.ociLayerZstd,
}
