/** An OCI image layout on disk as a source of images (image-spec, image-layout.md): `oci:DIR[:NAME]`, `oci:DIR:@N`. */
/* eslint-disable @typescript-eslint/require-await -- `async` turns what a short call throws into a rejection */
import { type Stats, closeSync, createReadStream, lstatSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { WindlassError } from '../errors.js'
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
  isDigest,
  parseDigest,
  parseImageIndex,
} from '../image/index.js'
import { defaultLimits, limitExceeded } from '../limits.js'
import { printable, quoted } from '../codec/index.js'

const refName = 'org.opencontainers.image.ref.name'

export class LayoutSource implements ImageSource {
  readonly host: string

  constructor(readonly directory: string) {
    this.host = path.resolve(directory)
  }

  identity(): Promise<string> {
    return Promise.resolve(`oci:${this.host}`)
  }

  /** `target` is a digest, a name in the layout's index, `@N` for its entry N from 0, or empty for the only image. */
  async manifest(
    target: string,
    { maxBytes = defaultLimits.manifestBytes }: ManifestRequest = {},
  ): Promise<FetchedManifest> {
    const named = isDigest(target) ? undefined : this.#find(target)
    const digest = named?.digest ?? parseDigest(target)
    const { fd, stats } = this.#openBlob(digest)
    try {
      if (stats.size > maxBytes)
        throw limitExceeded(
          `The manifest ${digest} in ${this.host} has ${stats.size} bytes`,
          'manifestBytes',
          maxBytes,
          { digest },
        )
      const bytes = readFileSync(fd)
      return { bytes, contentType: undefined, host: this.host, ...(named && { descriptor: named }) }
    } finally {
      closeSync(fd)
    }
  }

  async blob({ digest }: Descriptor, { offset = 0, signal }: BlobRequest = {}): Promise<BlobBody> {
    const { fd, stats } = this.#openBlob(digest)
    const stream = createReadStream('', { fd, start: offset, signal, highWaterMark: 1024 * 1024 })
    return Promise.resolve({ stream, offset, size: stats.size, validator: undefined, host: this.host })
  }

  async blobSize(digest: Digest): Promise<number> {
    const { fd, stats } = this.#openBlob(digest)
    closeSync(fd)
    return Promise.resolve(stats.size)
  }

  async *tags(): AsyncGenerator<readonly string[]> {
    const { manifests } = this.#index()
    yield manifests.flatMap(({ annotations }) => annotations?.[refName] ?? [])
  }

  #find(target: string): Descriptor {
    const entries = entriesOf(this.#index())
    const found = matching(target, entries)
    const usable = found.filter(isUsable)
    const [first] = usable
    // One image may have several names, and its manifest may stand there twice.
    if (first && usable.every(({ digest }) => digest === first.digest)) return first
    const refused = found.find((entry): entry is UnusableEntry => !isUsable(entry))
    if (!first && refused)
      throw new WindlassError(
        refused.foreign ? 'UNSUPPORTED' : 'MANIFEST_INVALID',
        `Looking for ${target === '' ? 'the only image' : quoted(target)} in ${printable(this.host)}: ` +
          `its entry cannot be used: ${refused.problem}`,
        { path: this.host, hint: contentsOf(entries) },
      )
    throw new WindlassError(
      'MANIFEST_UNKNOWN',
      `Looking for ${target === '' ? 'the only image' : quoted(target)} in ${printable(this.host)}: ` +
        (first ? `${usable.length} images fit` : 'there is no such image'),
      { path: this.host, hint: contentsOf(entries) },
    )
  }

  #index(): ImageIndex {
    this.#checkLayout()
    const file = path.join(this.host, 'index.json')
    return parseImageIndex(this.#read(file, maxIndexBytes), {
      what: `the index of the layout ${printable(this.host)}`,
      subject: { path: file },
    })
  }

  /** The file that says that this is a layout: image-spec wants it, and tools of old did without. */
  #checkLayout(): void {
    const file = path.join(this.host, 'oci-layout')
    try {
      this.#read(file, maxLayoutFileBytes)
    } catch (error) {
      const reason = error instanceof WindlassError ? error.cause : undefined
      if (!(reason instanceof OutsideFileError) || reason.reason !== 'missing') throw error
    }
  }

  #read(file: string, maxBytes: number): Buffer {
    try {
      return readOutsideFile(file, { maxBytes })
    } catch (cause) {
      throw new WindlassError(
        'MANIFEST_UNKNOWN',
        `${printable(this.host)} is not an OCI image layout that can be read: ${path.basename(file)}: ${whyNot(cause)}`,
        { path: file, cause },
      )
    }
  }

  /** Nothing in a layout is read through a link: it could lead to any file of this machine. */
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
        `Reading ${digest} from the layout ${printable(this.host)}: ${whyNot(cause)}`,
        { digest, path: file, cause },
      )
    }
  }
}

/** Bytes of a layout's list of images; 20,000 entries have about 10 MB. */
const maxIndexBytes = 64 * 1024 * 1024

const maxLayoutFileBytes = 64 * 1024

const whyNot = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** An entry of a layout's index, in the place where it stands. */
type LayoutEntry = Descriptor | UnusableEntry

const isUsable = (entry: LayoutEntry): entry is Descriptor => !('problem' in entry)

const nameOf = ({ annotations }: LayoutEntry): string | undefined => {
  const name = annotations?.[refName]
  return typeof name === 'string' ? name : undefined
}

/** In the order of the index. */
function entriesOf({ manifests, unusable }: ImageIndex): readonly LayoutEntry[] {
  const entries: LayoutEntry[] = [...manifests]
  for (const entry of unusable) entries.splice(entry.position, 0, entry)
  return entries
}

function matching(target: string, entries: readonly LayoutEntry[]): readonly LayoutEntry[] {
  if (target === '') return entries
  const [, position] = /^@(\d+)$/.exec(target) ?? []
  if (position !== undefined) return entries.slice(Number(position), Number(position) + 1)
  return entries.filter((entry) => nameOf(entry) === target)
}

/** How many entries an error lists. */
const maxListed = 20

/** What there is, by the names that can be asked for. */
function contentsOf(entries: readonly LayoutEntry[]): string {
  if (entries.length === 0) return 'The layout has no images.'
  const listed = entries.slice(0, maxListed).map((entry, position) => {
    const name = nameOf(entry)
    return name === undefined ? `@${position}` : `@${position} ${quoted(name)}`
  })
  const more = entries.length > maxListed ? `, and ${entries.length - maxListed} more` : ''
  return `The layout has ${listed.join(', ')}${more}.`
}
