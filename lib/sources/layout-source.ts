/** Provides `LayoutSource`, which reads images from an OCI image layout (image-spec, image-layout.md). */
/* eslint-disable @typescript-eslint/require-await -- `async` turns errors of synchronous calls into rejections */
import { type Stats, closeSync, createReadStream, lstatSync, readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import path from 'node:path'
import { WindlassError } from '../errors.js'
import { formatBytes } from '../quantities.js'
import { OutsideFileError, openOutsideFile, readOutsideFile } from '../system/outside-file.js'
import {
  type BlobBody,
  type BlobRequest,
  type Descriptor,
  type Digest,
  type FetchedManifest,
  type ImageIndex,
  type ImageSource,
  type ManifestRequest,
  type UnusableEntry,
  algorithmOf,
  hexOf,
  isConfigType,
  isDigest,
  isImageManifestType,
  isIndexType,
  isReferrersTag,
  parseDigest,
  parseImageIndex,
  readSubject,
  referrersTag,
} from '../image/index.js'
import { defaultLimits, limitExceeded } from '../limits.js'
import { printable, quoted } from '../codec/index.js'

const refName = 'org.opencontainers.image.ref.name'

/**
 * Returns the OCI image layout in `directory` as a source of images. No file is read before a method is called.
 *
 * @example
 * const { bytes } = await layoutSource('images/app').manifest('1.2')
 */
export const layoutSource = (directory: string): LayoutSource => new LayoutSource(directory)

/** An OCI image layout in a directory, as a source of images. References: `oci:DIR`, `oci:DIR:NAME`, `oci:DIR:@N`. */
export class LayoutSource implements ImageSource {
  /** Absolute path of the layout. Events and errors show it in place of the host of a registry. */
  readonly host: string

  /** @param directory path of the layout */
  constructor(readonly directory: string) {
    this.host = path.resolve(directory)
  }

  /** Returns a key that is equal for sources with the same content: `oci:` and the absolute path of the layout. */
  identity(): Promise<string> {
    return Promise.resolve(`oci:${this.host}`)
  }

  /**
   * Reads a manifest.
   * @param target a digest, a name in the index of the layout, `@N` for entry N of the index (from 0), or empty if the
   *   layout has one image only
   * @throws MANIFEST_UNKNOWN if `target` does not select exactly one image, or the layout cannot be read
   * @throws MANIFEST_INVALID if the selected entry is invalid, or UNSUPPORTED if it is of an unsupported kind
   * @throws BLOB_UNKNOWN if the manifest cannot be read
   * @throws LIMIT_EXCEEDED if it has more than `maxBytes` bytes
   */
  async manifest(
    target: string,
    { maxBytes = defaultLimits.manifestBytes }: ManifestRequest = {},
  ): Promise<FetchedManifest> {
    const entry = isDigest(target) ? undefined : this.#findEntry(target)
    const digest = entry?.digest ?? parseDigest(target)
    const { fd, stats } = this.#openBlob(digest)
    try {
      if (stats.size > maxBytes)
        throw limitExceeded(
          `The manifest ${digest} in ${this.host} has ${formatBytes(stats.size)}`,
          'manifestBytes',
          maxBytes,
          { digest },
        )
      const bytes = readFileSync(fd)
      return { bytes, contentType: undefined, host: this.host, ...(entry && { descriptor: entry }) }
    } finally {
      closeSync(fd)
    }
  }

  /**
   * Opens a blob from `offset`, up to `length` bytes (by default, to its end).
   * @throws BLOB_UNKNOWN if the blob cannot be read
   */
  async blob({ digest }: Descriptor, { offset = 0, length, signal }: BlobRequest = {}): Promise<BlobBody> {
    const { fd, stats } = this.#openBlob(digest)
    const facts = { offset, size: stats.size, validator: undefined, host: this.host }
    if (length === 0) {
      closeSync(fd)
      return Promise.resolve({ stream: Readable.from([]), ...facts })
    }
    const stream = createReadStream('', {
      ...{ fd, signal, start: offset, highWaterMark: 1024 * 1024 },
      ...(length !== undefined && { end: offset + length - 1 }),
    })
    return Promise.resolve({ stream, ...facts })
  }

  /**
   * Returns the size of a blob, in bytes.
   * @throws BLOB_UNKNOWN if the blob cannot be read
   */
  async blobSize(digest: Digest): Promise<number> {
    const { fd, stats } = this.#openBlob(digest)
    closeSync(fd)
    return Promise.resolve(stats.size)
  }

  /** Yields the names in the index of the layout, as one page. */
  async *tags(): AsyncGenerator<readonly string[]> {
    const { manifests } = this.#readIndex()
    yield manifests.flatMap(({ annotations }) => annotations?.[refName] ?? [])
  }

  /**
   * Yields the manifests whose `subject` is `digest`, as one page: those that the index of the layout lists, and those
   * in the index named `referrersTag(digest)`. Reads at most 1,000 manifests.
   * @throws MANIFEST_UNKNOWN if the layout cannot be read
   */
  async *referrers(digest: Digest): AsyncGenerator<readonly Descriptor[]> {
    const { manifests } = this.#readIndex()
    const found = new Map<Digest, Descriptor>()
    const tagged = manifests.find((entry) => nameOf(entry) === referrersTag(digest))
    if (tagged && isIndexType(tagged.mediaType))
      for (const entry of this.#entriesOf(tagged.digest)) found.set(entry.digest, entry)
    const candidates = manifests.filter(
      (entry) => isImageManifestType(entry.mediaType) || isIndexType(entry.mediaType),
    )
    for (const entry of candidates.slice(0, maxReferrers))
      if (!found.has(entry.digest) && this.#subjectOf(entry) === digest) found.set(entry.digest, entry)
    yield [...found.values()]
  }

  /** Returns the entries of an index in the layout; none if it is too large. */
  #entriesOf(digest: Digest): readonly Descriptor[] {
    const bytes = readAndClose(this.#openBlob(digest))
    return bytes === undefined ? [] : parseImageIndex(bytes).manifests
  }

  /** Returns the subject of a manifest; undefined if it has none or cannot be read. */
  #subjectOf({ digest }: Descriptor): Digest | undefined {
    try {
      const bytes = readAndClose(this.#openBlob(digest))
      return bytes && readSubject(bytes)
    } catch (error) {
      if (error instanceof WindlassError) return undefined // The index may list images that the layout does not hold.
      throw error
    }
  }

  #findEntry(target: string): Descriptor {
    const entries = entriesOf(this.#readIndex())
    const found = entriesMatching(target, entries)
    const usable = found.filter(isUsable)
    const [first] = usable
    // An image may have several names, and the index may list its manifest more than once.
    if (first && usable.every(({ digest }) => digest === first.digest)) return first
    const unusableEntry = found.find((entry): entry is UnusableEntry => !isUsable(entry))
    const layout = printable(this.host)
    const image = target === '' ? 'image' : `image ${quoted(target)}`
    const details = { path: this.host, hint: contentsOf(entries) }
    if (!first && unusableEntry)
      throw new WindlassError(
        unusableEntry.hasUnsupportedDigest ? 'UNSUPPORTED' : 'MANIFEST_INVALID',
        `The ${image} in ${layout} cannot be used: ${unusableEntry.problem}`,
        details,
      )
    if (!first) throw new WindlassError('MANIFEST_UNKNOWN', `${layout} has no ${image}`, details)
    const images = `${usable.length} images${target === '' ? '' : ` named ${quoted(target)}`}`
    throw new WindlassError(
      'MANIFEST_UNKNOWN',
      `${layout} has ${images}: select one by its position`,
      details,
    )
  }

  #readIndex(): ImageIndex {
    this.#checkLayout()
    const file = path.join(this.host, 'index.json')
    return parseImageIndex(this.#readFile(file, maxIndexBytes), {
      what: `the index of the layout ${printable(this.host)}`,
      subject: { path: file },
    })
  }

  /**
   * Throws if the `oci-layout` file exists but cannot be read. It may be missing: the image-spec requires it, but older
   * tools do not write it.
   */
  #checkLayout(): void {
    const file = path.join(this.host, 'oci-layout')
    try {
      this.#readFile(file, maxLayoutFileBytes)
    } catch (error) {
      const failure = error instanceof WindlassError ? error.cause : undefined
      if (!(failure instanceof OutsideFileError) || failure.reason !== 'missing') throw error
    }
  }

  #readFile(file: string, maxBytes: number): Buffer {
    try {
      return readOutsideFile(file, { maxBytes })
    } catch (cause) {
      throw new WindlassError(
        'MANIFEST_UNKNOWN',
        `${printable(this.host)} is not a readable OCI image layout: ${path.basename(file)}: ${messageOf(cause)}`,
        {
          path: file,
          cause,
          hint: 'Check the path after oci:, which must be the directory of an image layout.',
        },
      )
    }
  }

  /** Opens a blob. Refuses symbolic links, because they could lead to any file of this machine. */
  #openBlob(digest: Digest): { readonly fd: number; readonly stats: Stats } {
    const directory = path.join(this.host, 'blobs', algorithmOf(digest))
    const file = path.join(directory, hexOf(digest))
    try {
      for (const each of [path.dirname(directory), directory])
        if (lstatSync(each, { throwIfNoEntry: false })?.isSymbolicLink() === true)
          throw new OutsideFileError('link', `${path.relative(this.host, each)} is a symbolic link`)
      return openOutsideFile(file, { maxBytes: Infinity })
    } catch (cause) {
      throw new WindlassError(
        'BLOB_UNKNOWN',
        `Failed to read ${digest} from the layout ${printable(this.host)}: ${messageOf(cause)}`,
        { digest, path: file, cause, hint: 'The layout is incomplete. Create it again.' },
      )
    }
  }
}

/** Maximum size of the index of a layout, in bytes. 20,000 entries take about 10 MB. */
const maxIndexBytes = 64 * 1024 * 1024

/** Returns the content of a manifest; undefined if it is too large. */
function readAndClose({ fd, stats }: { readonly fd: number; readonly stats: Stats }): Buffer | undefined {
  try {
    return stats.size > defaultLimits.manifestBytes ? undefined : readFileSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Maximum number of manifests that a search for referrers reads. */
const maxReferrers = 1_000

/** Maximum size of `oci-layout`, which contains only a version, in bytes. */
const maxLayoutFileBytes = 64 * 1024

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** An entry of the index of a layout, usable or not. */
type LayoutEntry = Descriptor | UnusableEntry

const isUsable = (entry: LayoutEntry): entry is Descriptor => !('problem' in entry)

/** Returns whether an entry is listed as a referrer of an image: without a name and with an artifact type, or by its tag. */
const isReferrerEntry = (entry: LayoutEntry): boolean => {
  const name = nameOf(entry)
  if (name !== undefined) return isReferrersTag(name)
  return isUsable(entry) && entry.artifactType !== undefined && !isConfigType(entry.artifactType)
}

const nameOf = ({ annotations }: LayoutEntry): string | undefined => {
  const name = annotations?.[refName]
  return typeof name === 'string' ? name : undefined
}

/** Returns all entries in the order of the index. */
function entriesOf({ manifests, unusable }: ImageIndex): readonly LayoutEntry[] {
  const entries: LayoutEntry[] = [...manifests]
  for (const entry of unusable) entries.splice(entry.position, 0, entry)
  return entries
}

function entriesMatching(target: string, entries: readonly LayoutEntry[]): readonly LayoutEntry[] {
  // What belongs to an image, such as a signature, is not another image.
  if (target === '') return entries.filter((entry) => !isReferrerEntry(entry))
  const [, position] = /^@(\d+)$/.exec(target) ?? []
  if (position !== undefined) return entries.slice(Number(position), Number(position) + 1)
  return entries.filter((entry) => nameOf(entry) === target)
}

/** Maximum number of entries that an error lists. */
const maxListed = 20

/** Returns a sentence that lists the images of the layout with the names that select them. */
function contentsOf(entries: readonly LayoutEntry[]): string {
  if (entries.length === 0) return 'The layout is empty.'
  const listed = entries.slice(0, maxListed).map((entry, position) => {
    const name = nameOf(entry)
    return name === undefined ? `@${position}` : `@${position} ${quoted(name)}`
  })
  const more = entries.length > maxListed ? `, and ${entries.length - maxListed} more` : ''
  return `Images in the layout: ${listed.join(', ')}${more}.`
}
