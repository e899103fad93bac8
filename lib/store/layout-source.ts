/** An OCI image layout on disk as a source of images (image-spec, image-layout.md): `oci:DIR[:NAME]`, `oci:DIR:@N`. */
import { constants, createReadStream } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import path from 'node:path'
import { WindlassError } from '../errors.js'
import {
  type BlobBody,
  type BlobRequest,
  type Descriptor,
  type FetchedManifest,
  type ImageSource,
  type ManifestRequest,
  algorithmOf,
  defaultLimits,
  hexOf,
  isDigest,
  limitExceeded,
  parseImageIndex,
  printable,
  quoted,
} from '../image/index.js'

const refName = 'org.opencontainers.image.ref.name'

export class LayoutSource implements ImageSource {
  readonly identity: string
  readonly host: string

  constructor(readonly directory: string) {
    this.host = path.resolve(directory)
    this.identity = `oci:${this.host}`
  }

  /** `target` is a digest, a name in the layout's index, `@N` for its entry N from 0, or empty for the only image. */
  async manifest(
    target: string,
    { maxBytes = defaultLimits.manifestBytes }: ManifestRequest = {},
  ): Promise<FetchedManifest> {
    const named = isDigest(target) ? { digest: target, mediaType: undefined } : await this.#find(target)
    const file = await this.#openBlob(named.digest)
    try {
      const { size } = await file.stat()
      if (size > maxBytes)
        throw limitExceeded(
          `The manifest ${named.digest} in ${this.host} has ${size} bytes`,
          'manifestBytes',
          maxBytes,
          { digest: named.digest },
        )
      return { bytes: await file.readFile(), contentType: named.mediaType, host: this.host }
    } finally {
      await file.close()
    }
  }

  async blob({ digest }: Descriptor, { offset = 0, signal }: BlobRequest = {}): Promise<BlobBody> {
    const file = await this.#openBlob(digest)
    const { size } = await file.stat()
    const stream = createReadStream('', { fd: file, start: offset, signal, highWaterMark: 1024 * 1024 })
    return { stream, offset, size, validator: undefined, host: this.host }
  }

  async blobSize(digest: Descriptor['digest']): Promise<number> {
    const file = await this.#openBlob(digest)
    try {
      return (await file.stat()).size
    } finally {
      await file.close()
    }
  }

  async *tags(): AsyncGenerator<readonly string[]> {
    yield (await this.#index()).flatMap(({ annotations }) => annotations?.[refName] ?? [])
  }

  async #find(target: string): Promise<Descriptor> {
    const manifests = await this.#index()
    const found = matching(target, manifests)
    const [first] = found
    // One image may have several names, and its manifest may stand there twice.
    if (first && found.every(({ digest }) => digest === first.digest)) return first
    throw new WindlassError(
      'MANIFEST_UNKNOWN',
      `Looking for ${target === '' ? 'the only image' : quoted(target)} in ${printable(this.host)}: ` +
        (first ? `${found.length} images fit` : 'there is no such image'),
      { path: this.host, hint: contentsOf(manifests) },
    )
  }

  async #index(): Promise<readonly Descriptor[]> {
    try {
      return parseImageIndex(await readFile(path.join(this.host, 'index.json'))).manifests
    } catch (cause) {
      if (cause instanceof WindlassError) throw cause
      throw new WindlassError(
        'MANIFEST_UNKNOWN',
        `${this.host} is not an OCI image layout that can be read`,
        {
          path: this.host,
          cause,
        },
      )
    }
  }

  /** A blob that is a link or no regular file is refused (threats §1). */
  async #openBlob(digest: Descriptor['digest']): Promise<FileHandle> {
    const file = path.join(this.host, 'blobs', algorithmOf(digest), hexOf(digest))
    try {
      const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      if ((await handle.stat()).isFile()) return handle
      await handle.close()
      throw new Error('not a regular file')
    } catch (cause) {
      throw new WindlassError(
        'BLOB_UNKNOWN',
        `Reading ${digest} from the layout ${this.host}: it cannot be opened`,
        {
          digest,
          path: file,
          cause,
        },
      )
    }
  }
}

function matching(target: string, manifests: readonly Descriptor[]): readonly Descriptor[] {
  if (target === '') return manifests
  const [, position] = /^@(\d+)$/.exec(target) ?? []
  if (position !== undefined) return manifests.slice(Number(position), Number(position) + 1)
  return manifests.filter(({ annotations }) => annotations?.[refName] === target)
}

/** How many entries an error lists. */
const listed = 20

/** What there is, by the names that can be asked for. */
function contentsOf(manifests: readonly Descriptor[]): string {
  if (manifests.length === 0) return 'The layout has no images.'
  const entries = manifests.slice(0, listed).map(({ annotations }, position) => {
    const name = annotations?.[refName]
    return name === undefined ? `@${position}` : `@${position} ${quoted(name)}`
  })
  const more = manifests.length > listed ? `, and ${manifests.length - listed} more` : ''
  return `The layout has ${entries.join(', ')}${more}.`
}
