/** Provides `DockerArchiveSource`, which reads images from an archive of `docker save`. */
import type { ArchiveDocuments, DockerItem } from '../../archive/index.js'
import { ArchiveFile, indexPath } from '../../archive/index.js'
import { printable, quoted } from '../../codec/index.js'
import { WindlassError } from '../../errors.js'
import {
  type Digest,
  type FetchedManifest,
  type ManifestRequest,
  isDigest,
  parseDigest,
} from '../../image/index.js'
import { defaultLimits } from '../../limits.js'
import { listImages } from '../layout/layout-entries.js'
import { LocalSource, type OpenedBlob } from '../local/local-source.js'
import { openArchivedBlob } from './archive-source.js'
import type { ArchiveSourceOptions } from './oci-archive-source.js'

/**
 * Returns an archive of `docker save` as a source of images, compressed or not. Podman, skopeo, kaniko and crane write such
 * archives too. No file is read before a method is called.
 *
 * @example
 * const { bytes } = await dockerArchiveSource('app.tar').manifest('docker.io/library/app:1')
 */
export const dockerArchiveSource = (file: string, options: ArchiveSourceOptions = {}): DockerArchiveSource =>
  new DockerArchiveSource(new ArchiveFile(file, options.limits ?? defaultLimits))

/** Where a `DockerArchiveSource` gets its documents from. */
interface OpenedArchive {
  /** Path, or a name for errors. */
  readonly path: string
  documents(signal?: AbortSignal): Promise<ArchiveDocuments>
  close?(): Promise<void>
}

/** Returns an archive that was received and read already as a source of images, by their digests. */
export const receivedArchiveSource = (documents: ArchiveDocuments): DockerArchiveSource =>
  new DockerArchiveSource({ path: documents.label, documents: () => Promise.resolve(documents) })

/**
 * An archive of `docker save`, as a source of images. References: `docker-archive:FILE`, with `:REF` or `:@N`. An archive has
 * configs and layers; the manifest is the one that the archive has for the config, otherwise an OCI manifest that is made.
 */
export class DockerArchiveSource extends LocalSource {
  readonly host: string
  protected readonly prefix = 'docker-archive:'

  /** @internal created by `dockerArchiveSource` */
  constructor(private readonly archive: OpenedArchive) {
    super()
    this.host = archive.path
  }

  /**
   * Reads a manifest.
   * @param target a digest, a normalised name with a tag, `@N` for image N of the archive (from 0), or empty if the archive has
   *   one image only
   * @throws MANIFEST_UNKNOWN if `target` does not select exactly one image; MANIFEST_INVALID if the archive is damaged
   */
  async manifest(target: string, request: ManifestRequest = {}): Promise<FetchedManifest> {
    if (isDigest(target)) return this.readManifest(parseDigest(target), request)
    const documents = await this.archive.documents(request.signal)
    const digest = await documents.manifestOfItem(findItem(target, await this.#items(documents), this.host))
    await documents.manifest(digest) // fails if a blob is missing
    return this.readManifest(digest, request)
  }

  /** Yields the names of the images, as one page. */
  async *tags(): AsyncGenerator<readonly string[]> {
    yield (await this.#items(await this.archive.documents())).flatMap(({ names }) => names)
  }

  /** Releases the decompressed copy of a compressed archive. The source may be used again. */
  async close(): Promise<void> {
    await this.archive.close?.()
  }

  protected async openBlob(digest: Digest, signal?: AbortSignal): Promise<OpenedBlob> {
    return openArchivedBlob(await this.archive.documents(signal), digest)
  }

  async #items(documents: ArchiveDocuments): Promise<readonly DockerItem[]> {
    const items = await documents.dockerItems()
    if (items) return items
    const path = printable(this.host)
    throw new WindlassError('MANIFEST_UNKNOWN', `${path} is not an archive of “docker save”`, {
      path: this.host,
      hint: documents.file(indexPath)
        ? `It is an archive of an OCI layout: name it oci-archive:${path}.`
        : 'It has no manifest.json. Check the path after docker-archive:.',
    })
  }
}

/** @throws MANIFEST_UNKNOWN if `target` does not select exactly one item */
function findItem(target: string, items: readonly DockerItem[], path: string): DockerItem {
  const [, position] = /^@(\d+)$/.exec(target) ?? []
  const found =
    position !== undefined
      ? items.slice(Number(position), Number(position) + 1)
      : items.filter(({ names }) => target === '' || names.includes(target))
  const [item, another] = found
  if (item && !another) return item
  const details = {
    path,
    hint: listImages(
      'the archive',
      items.map(({ names }) => names[0]),
    ),
  }
  const where = printable(path)
  if (another)
    throw new WindlassError(
      'MANIFEST_UNKNOWN',
      `${where} has ${found.length} images${target === '' ? '' : ` named ${quoted(target)}`}: select one by its name or its position`,
      details,
    )
  const image = target === '' ? 'image' : `image ${quoted(target)}`
  throw new WindlassError('MANIFEST_UNKNOWN', `${where} has no ${image}`, details)
}
