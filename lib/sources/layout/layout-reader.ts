/** Provides `LayoutReader`, which reads images from an OCI image layout (image-spec, image-layout.md), wherever its files are. */
import { WindlassError } from '../../errors.js'
import {
  type Descriptor,
  type Digest,
  type FetchedManifest,
  type ImageIndex,
  type ManifestRequest,
  isDigest,
  isImageManifestType,
  isIndexType,
  parseDigest,
  parseImageIndex,
  readSubject,
  referrersTag,
} from '../../image/index.js'
import { defaultLimits } from '../../limits.js'
import { printable } from '../../codec/index.js'
import { LocalSource, type OpenedBlob } from '../local/local-source.js'
import { findEntry, nameOfEntry } from './layout-entries.js'

/** The files of a layout, in a directory or in an archive. */
export interface LayoutFiles {
  /**
   * Reads `index.json`.
   * @throws MANIFEST_UNKNOWN if it cannot be read, or the files are not a layout
   */
  readIndex(signal?: AbortSignal): Promise<Buffer>
  /** Opens a blob. @throws BLOB_UNKNOWN if it cannot be read */
  openBlob(digest: Digest, signal?: AbortSignal): Promise<OpenedBlob>
}

/** An OCI image layout as a source of images. */
export abstract class LayoutReader extends LocalSource {
  protected abstract readonly files: LayoutFiles

  /**
   * Reads a manifest.
   * @param target a digest, a name in the index of the layout, `@N` for entry N of the index (from 0), or empty if the
   *   layout has one image only
   * @throws MANIFEST_UNKNOWN if `target` does not select exactly one image, or the layout cannot be read
   * @throws MANIFEST_INVALID if the selected entry is invalid, or UNSUPPORTED if it is of an unsupported kind
   * @throws BLOB_UNKNOWN if the manifest cannot be read
   * @throws LIMIT_EXCEEDED if it has more than `maxBytes` bytes
   */
  async manifest(target: string, request: ManifestRequest = {}): Promise<FetchedManifest> {
    if (isDigest(target)) return this.readManifest(parseDigest(target), request)
    const entry = findEntry(target, await this.#readIndex(request.signal), this.host)
    return this.readManifest(entry.digest, request, entry)
  }

  /** Yields the names in the index of the layout, as one page. */
  async *tags(): AsyncGenerator<readonly string[]> {
    const { manifests } = await this.#readIndex()
    yield manifests.flatMap((entry) => nameOfEntry(entry) ?? [])
  }

  /**
   * Yields the manifests whose `subject` is `digest`, as one page: those that the index of the layout lists, and those
   * in the index named `referrersTag(digest)`. Reads at most 1,000 manifests.
   * @throws MANIFEST_UNKNOWN if the layout cannot be read
   */
  async *referrers(digest: Digest): AsyncGenerator<readonly Descriptor[]> {
    const { manifests } = await this.#readIndex()
    const found = new Map<Digest, Descriptor>()
    const tagged = manifests.find((entry) => nameOfEntry(entry) === referrersTag(digest))
    if (tagged && isIndexType(tagged.mediaType))
      for (const entry of await this.#entriesOf(tagged.digest)) found.set(entry.digest, entry)
    const candidates = manifests.filter(
      (entry) => isImageManifestType(entry.mediaType) || isIndexType(entry.mediaType),
    )
    for (const entry of candidates.slice(0, maxReferrers))
      if (!found.has(entry.digest) && (await this.#subjectOf(entry)) === digest)
        found.set(entry.digest, entry)
    yield [...found.values()]
  }

  protected openBlob(digest: Digest, signal?: AbortSignal): Promise<OpenedBlob> {
    return this.files.openBlob(digest, signal)
  }

  /** Returns the entries of an index in the layout; none if it is too large. */
  async #entriesOf(digest: Digest): Promise<readonly Descriptor[]> {
    const bytes = await readSmall(await this.openBlob(digest))
    return bytes === undefined ? [] : parseImageIndex(bytes).manifests
  }

  /** Returns the subject of a manifest; undefined if it has none or cannot be read. */
  async #subjectOf({ digest }: Descriptor): Promise<Digest | undefined> {
    try {
      const bytes = await readSmall(await this.openBlob(digest))
      return bytes && readSubject(bytes)
    } catch (error) {
      if (error instanceof WindlassError) return undefined // The index may list images that the layout does not hold.
      throw error
    }
  }

  async #readIndex(signal?: AbortSignal): Promise<ImageIndex> {
    return parseImageIndex(await this.files.readIndex(signal), {
      what: `the index of the layout ${printable(this.host)}`,
      subject: { path: this.indexPath },
    })
  }

  /** Path of the index, for errors. */
  protected abstract readonly indexPath: string
}

/** Maximum number of manifests that a search for referrers reads. */
const maxReferrers = 1_000

/** Returns the content of a manifest; undefined if it is too large. */
function readSmall(blob: OpenedBlob): Promise<Buffer | undefined> {
  if (blob.size <= defaultLimits.manifestBytes) return blob.read()
  blob.close()
  return Promise.resolve(undefined)
}
