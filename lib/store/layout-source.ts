/** An OCI image layout on disk as a source of images (image-spec, image-layout.md): `oci:DIR[:NAME]`. */
import { constants, createReadStream } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import path from 'node:path'
import { WindlassError } from '../errors.js'
import {
  type BlobBody,
  type BlobRequest,
  type Descriptor,
  type FetchedManifest,
  type ImageIndex,
  type ImageSource,
  type ManifestRequest,
  algorithmOf,
  defaultLimits,
  hexOf,
  isDigest,
  limitExceeded,
  parseDigest,
  parseImageIndex,
  quoted,
} from '../image/index.js'

const refName = 'org.opencontainers.image.ref.name'

export class LayoutSource implements ImageSource {
  readonly host: string

  constructor(readonly directory: string) {
    this.host = path.resolve(directory)
  }

  identity(): Promise<string> {
    return Promise.resolve(`oci:${this.host}`)
  }

  /** `target` is a digest, a name in the layout's index, or empty for the only image. */
  async manifest(
    target: string,
    { maxBytes = defaultLimits.manifestBytes }: ManifestRequest = {},
  ): Promise<FetchedManifest> {
    const named = isDigest(target) ? undefined : await this.#find(target)
    const digest = named?.digest ?? parseDigest(target)
    const file = await this.#openBlob(digest)
    try {
      const { size } = await file.stat()
      if (size > maxBytes)
        throw limitExceeded(
          `The manifest ${digest} in ${this.host} has ${size} bytes`,
          'manifestBytes',
          maxBytes,
          { digest },
        )
      const bytes = await file.readFile()
      return { bytes, contentType: undefined, host: this.host, ...(named && { descriptor: named }) }
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
    const { manifests } = await this.#index()
    yield manifests.flatMap(({ annotations }) => annotations?.[refName] ?? [])
  }

  async #find(name: string): Promise<Descriptor> {
    const { manifests, unusable } = await this.#index()
    const named =
      name === '' ? manifests : manifests.filter(({ annotations }) => annotations?.[refName] === name)
    const [only, another] = named
    if (only && !another) return only
    const refused = only
      ? undefined
      : unusable.find((entry) => name === '' || entry.annotations[refName] === name)
    if (refused)
      throw new WindlassError(
        refused.foreign ? 'UNSUPPORTED' : 'MANIFEST_INVALID',
        `Looking for ${name === '' ? 'the only image' : quoted(name)} in ${this.host}: its entry cannot be used: ${refused.problem}`,
        { path: this.host },
      )
    const names = manifests.flatMap(({ annotations }) => annotations?.[refName] ?? []).join(', ') || 'none'
    throw new WindlassError(
      'MANIFEST_UNKNOWN',
      `Looking for ${name === '' ? 'the only image' : `“${name}”`} in ${this.host}: ` +
        (only ? 'more than one image fits' : 'there is no such image'),
      { path: this.host, hint: `Names in this layout: ${names}` },
    )
  }

  async #index(): Promise<ImageIndex> {
    try {
      return parseImageIndex(await readFile(path.join(this.host, 'index.json')))
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
