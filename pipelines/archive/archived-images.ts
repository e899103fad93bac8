/** Finds the images of a received archive: of `docker save` in any form, and of an OCI image layout. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as t from 'io-ts'
import { quoted } from '../../lib/codec/index.js'
import { WindlassError } from '../../lib/errors.js'
import {
  type Compression,
  type Descriptor,
  type Digest,
  type ImageManifest,
  type Platform,
  digestOf,
  hexOf,
  isImageManifestType,
  isImageOrIndexEntry,
  isIndexType,
  matchPlatform,
  mediaTypes,
  parseImageConfig,
  parseImageIndex,
  parseImageManifest,
  parseReference,
  platformOfConfig,
  withDefaultTag,
} from '../../lib/image/index.js'
import type { Limits } from '../../lib/limits.js'
import type { ArchivedFile, ArchivedFiles } from './receive-archive.js'

/** An image of an archive. Its manifest, config and layers are in the directory of the archive. */
export interface ArchivedImage {
  readonly manifest: Digest
  readonly platform: Platform
  /** Digest of the config. */
  readonly imageId: Digest
  /** Normalised names with a tag. */
  readonly names: readonly string[]
}

const DockerItems = t.array(
  t.intersection([
    t.type({ Config: t.string, Layers: t.union([t.array(t.string), t.null]) }),
    t.partial({ RepoTags: t.union([t.array(t.string), t.null]) }),
  ]),
)

/** Maximum numbers of images, and of manifests that an index leads to. */
const maxImages = 1_000

/**
 * Returns the images.
 * @param wanted platform to choose from an index; if the archive does not have it, the first one is taken
 * @throws MANIFEST_INVALID when the archive lists no images, or lacks a part of one; CONFIG_INVALID
 */
export async function archivedImages(
  files: ArchivedFiles,
  directory: string,
  wanted: Platform,
  limits: Limits,
): Promise<readonly ArchivedImage[]> {
  const archive = new Archive(files, directory, limits)
  const listed = files.has('index.json') ? await archive.listed(wanted) : []
  const docker = files.get('manifest.json')
  const images = docker ? await archive.dockerImages(docker, listed) : listed
  if (images.length === 0) throw invalid('it has neither a manifest.json nor an index.json with images')
  return images
}

class Archive {
  readonly #byDigest = new Map<Digest, ArchivedFile>()

  constructor(
    private readonly files: ArchivedFiles,
    private readonly directory: string,
    private readonly limits: Limits,
  ) {
    for (const file of files.values()) this.#byDigest.set(file.digest, file)
  }

  /** Returns the images of `index.json`, each once. */
  async listed(wanted: Platform): Promise<ArchivedImage[]> {
    const { manifests } = parseImageIndex(
      await this.#read(this.files.get('index.json')!, this.limits.manifestBytes),
    )
    const images = new Map<Digest, ArchivedImage>()
    for (const entry of manifests.slice(0, maxImages)) {
      const found = await this.#imagesBelow(entry, this.limits.indexDepth)
      const [chosen = found[0]] = matchPlatform(wanted, found)
      if (!chosen) continue
      const image = await this.#image(chosen.digest)
      const names = [...(images.get(image.manifest)?.names ?? []), ...nameOf(entry)]
      images.set(image.manifest, { ...image, names: [...new Set(names)] })
    }
    return [...images.values()]
  }

  /** Returns the images of `manifest.json`, with the manifests of `listed` where these describe them. */
  async dockerImages(file: ArchivedFile, listed: readonly ArchivedImage[]): Promise<ArchivedImage[]> {
    const items = DockerItems.decode(parseJson(await this.#read(file, this.limits.manifestBytes)))
    if (items._tag === 'Left') throw invalid('its manifest.json is not a list of images')
    const images: ArchivedImage[] = []
    for (const { Config, Layers, RepoTags } of items.right.slice(0, maxImages)) {
      const config = this.#file(Config, 'config')
      const names = (RepoTags ?? []).map((tag) => withDefaultTag(parseReference(tag)).toString())
      // Of an index, `manifest.json` has one image only, which need not be the one for the wanted platform.
      const same =
        listed.find((image) => image.names.some((name) => names.includes(name))) ??
        listed.find(({ imageId }) => imageId === config.digest)
      images.push(
        same
          ? { ...same, names: [...new Set([...names, ...same.names])] }
          : { ...(await this.#madeImage(config, Layers ?? [])), names },
      )
    }
    return images
  }

  /** Makes a manifest for a config and layers, which an archive of an older Docker lacks. */
  async #madeImage(config: ArchivedFile, paths: readonly string[]): Promise<Omit<ArchivedImage, 'names'>> {
    const layers = paths.map((path) => {
      const { digest, size, compression } = this.#file(path, 'layer')
      return { mediaType: layerTypes[compression], digest, size }
    })
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        config: { mediaType: mediaTypes.ociConfig, digest: config.digest, size: config.size },
        layers,
      }),
    )
    const digest = digestOf(bytes)
    await mkdir(join(this.directory, 'blobs', 'sha256'), { recursive: true })
    await writeFile(this.#path(digest), bytes)
    this.#byDigest.set(digest, { digest, size: bytes.length, compression: 'none' })
    return this.#image(digest)
  }

  async #image(digest: Digest): Promise<Omit<ArchivedImage, 'names'>> {
    const manifest = await this.#manifest(digest)
    for (const { digest: blob, size } of [manifest.config, ...manifest.layers]) {
      const file = this.#byDigest.get(blob)
      if (!file) throw invalid(`it lacks the blob ${blob} of the image ${digest}`)
      if (file.size !== size)
        throw invalid(`the blob ${blob} has ${file.size} bytes, and the image ${digest} states ${size}`)
    }
    const { configBytes } = this.limits
    const { digest: imageId } = manifest.config
    const bytes = await this.#read(this.#byDigest.get(imageId)!, configBytes)
    const config = parseImageConfig(bytes, { digest: imageId, reference: digest, maxBytes: configBytes })
    return { manifest: digest, imageId, platform: platformOfConfig(config) }
  }

  async #manifest(digest: Digest): Promise<ImageManifest> {
    const file = this.#byDigest.get(digest)
    if (!file) throw invalid(`it lacks the manifest ${digest}`)
    return parseImageManifest(await this.#read(file, this.limits.manifestBytes))
  }

  /** Returns the images below an entry that are in the archive. */
  async #imagesBelow(entry: Descriptor, depth: number): Promise<Descriptor[]> {
    if (!isImageOrIndexEntry(entry)) return []
    const file = this.#byDigest.get(entry.digest)
    if (!file) return []
    if (isImageManifestType(entry.mediaType)) return [entry]
    if (!isIndexType(entry.mediaType) || depth <= 0) return []
    const found: Descriptor[] = []
    const { manifests } = parseImageIndex(await this.#read(file, this.limits.manifestBytes))
    for (const each of manifests.slice(0, maxImages))
      found.push(...(await this.#imagesBelow(each, depth - 1)))
    return found
  }

  #file(path: string, what: string): ArchivedFile {
    const file = this.files.get(path)
    if (!file) throw invalid(`it lacks the ${what} ${quoted(path)}, which its manifest.json lists`)
    return file
  }

  #read({ digest, size }: ArchivedFile, maxBytes: number): Promise<Buffer> {
    if (size > maxBytes) throw invalid(`a document of it has ${size} bytes, and ${maxBytes} are the limit`)
    return readFile(this.#path(digest))
  }

  #path(digest: Digest): string {
    return join(this.directory, 'blobs', 'sha256', hexOf(digest))
  }
}

const layerTypes: Readonly<Record<Compression, string>> = {
  none: mediaTypes.ociLayer,
  gzip: mediaTypes.ociLayerGzip,
  zstd: mediaTypes.ociLayerZstd,
}

/** Returns the name of an entry of `index.json`, if it has a whole one: a tag alone names no repository. */
function nameOf({ annotations = {} }: Descriptor): string[] {
  const own = annotations['org.opencontainers.image.ref.name']
  const text =
    annotations['io.containerd.image.name'] ?? (own !== undefined && /[/:]/.test(own) ? own : undefined)
  if (text === undefined) return []
  try {
    const reference = withDefaultTag(parseReference(text))
    return reference.digest === undefined ? [reference.toString()] : []
  } catch {
    return []
  }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw invalid('its manifest.json is not JSON')
  }
}

const invalid = (why: string): WindlassError =>
  new WindlassError('MANIFEST_INVALID', `Failed to load the archive: ${why}`, {
    hint: 'Make the archive again, with `docker save` or `skopeo copy`.',
  })
