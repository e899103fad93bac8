/** Provides `LayoutSink`, which writes images to an OCI image layout (image-spec, image-layout.md). */
import { join, resolve } from 'node:path'
import { type WindlassError, asWindlassError } from '../errors.js'
import {
  type Descriptor,
  type Digest,
  type ImageSink,
  type OpenBlob,
  type PutManifestRequest,
  type SinkRequest,
  type TagRemoval,
  algorithmOf,
  hexOf,
  isDigest,
} from '../image/index.js'
import { blobDirectory, blobSize, prepareLayout, syncBlobs } from './layout/layout-directory.js'
import { throwIfAborted } from './layout/cancelled.js'
import { withLayoutErrors } from './layout/layout-error.js'
import { changeIndex, readIndex } from './layout/index-file.js'
import { findDigest, indexTextWithImage, indexTextWithout, namesIn } from './layout/layout-index.js'
import { assertOwnDigest } from './layout/own-digest.js'
import { type TemporaryFile, createTemporaryFile } from './layout/temporary-file.js'
import { receiveBlob } from './receive-blob.js'

/**
 * Returns the OCI image layout in `directory` as a target of images. If there is no layout, writing the first blob or
 * manifest creates it.
 *
 * @example
 * const sink = layoutSink('images/app')
 * await sink.putManifest(bytes, descriptor, { tag: '1.2' })
 */
export const layoutSink = (directory: string): LayoutSink => new LayoutSink(directory)

/**
 * An OCI image layout in a directory, as a target of images. A blob is written to a temporary file, flushed to the disk
 * and renamed to its final path. Symbolic links in the layout are never followed. Several processes may write to one
 * layout.
 */
export class LayoutSink implements ImageSink {
  /** Absolute path of the layout. Events and errors show it in place of the host of a registry. */
  readonly host: string
  #prepared: Promise<void> | undefined

  /** @param directory path of the layout */
  constructor(readonly directory: string) {
    this.host = resolve(directory)
  }

  /** Returns a key that is equal for targets with the same content: `oci:` and the absolute path of the layout. */
  identity(): Promise<string> {
    return Promise.resolve(`oci:${this.host}`)
  }

  /** Returns whether the layout has a regular file of the right size for the blob. Its content is not read. */
  async hasBlob({ digest, size }: Descriptor): Promise<boolean> {
    const found = await withLayoutErrors('look for a blob', this.host, () => blobSize(this.host, digest))
    return found === size
  }

  /**
   * Returns the digest of the image with the given name; undefined if there is none.
   * @throws STORE_CORRUPT when the list of images cannot be read
   */
  async resolve(name: string): Promise<Digest | undefined> {
    const index = await readIndex(this.host)
    const digest = index && findDigest(index, name)
    return isDigest(digest) ? digest : undefined
  }

  /**
   * Writes a blob. It is visible once it is complete, verified and on the disk.
   * @throws SIZE_MISMATCH, DIGEST_MISMATCH; errors of `open` and its stream; STORE_* when the layout cannot be written
   *   to; CANCELLED
   */
  async putBlob(descriptor: Descriptor, open: OpenBlob, { signal }: SinkRequest = {}): Promise<void> {
    await this.#write(descriptor, signal, async (file, path) => {
      const append = (batch: readonly Buffer[]): Promise<void> =>
        withLayoutErrors('write a blob', path, () => file.append(batch))
      await receiveBlob(descriptor, open, append, signal)
    })
  }

  /**
   * Writes a manifest, and lists it in `index.json` if `root` is true, which is the default for a manifest with a tag.
   * @throws UNSUPPORTED for a signed schema 1 manifest, whose digest is not that of its bytes; STORE_* when the layout
   *   cannot be written to; CANCELLED
   */
  async putManifest(
    bytes: Buffer,
    descriptor: Descriptor,
    { tag, root = tag !== undefined, signal }: PutManifestRequest = {},
  ): Promise<void> {
    assertOwnDigest(bytes, descriptor, this.host)
    await this.#prepare(signal)
    const manifest = { ...descriptor, size: bytes.length }
    if (!(await this.hasBlob(manifest)))
      await this.#write(manifest, signal, (file, path) =>
        withLayoutErrors('write a manifest', path, () => file.append([bytes])),
      )
    if (!root) return
    // All blobs of the image have to be on the disk before the index refers to them.
    await withLayoutErrors('write blobs to the disk', this.host, () => syncBlobs(this.host))
    await changeIndex(this.host, (index) => indexTextWithImage(index, manifest, tag), signal)
  }

  /** Writes a manifest that refers to another one, and lists it in `index.json` without a name. */
  putReferrer(
    bytes: Buffer,
    descriptor: Descriptor,
    _subject: Digest,
    request: SinkRequest = {},
  ): Promise<void> {
    return this.putManifest(bytes, descriptor, { ...request, root: true })
  }

  /** Yields the names of the images, as one page. @throws STORE_CORRUPT when the list of images cannot be read */
  async *tags(): AsyncGenerator<readonly string[]> {
    const index = await readIndex(this.host)
    yield index ? namesIn(index) : []
  }

  /** Removes names from the list of images. Their blobs stay, as other images may need them. */
  async *removeTags(names: readonly string[], { signal }: SinkRequest = {}): AsyncGenerator<TagRemoval> {
    let failure: WindlassError | undefined
    try {
      await changeIndex(this.host, (index) => indexTextWithout(index, new Set(names)), signal)
    } catch (error) {
      failure = asWindlassError(error)
      if (failure.code === 'CANCELLED') throw failure
    }
    yield* names.map((tag): TagRemoval => (failure ? { tag, error: failure } : { tag }))
  }

  /** Writes the file of a digest. If `fill` fails, the file is removed. */
  async #write(
    { digest }: Descriptor,
    signal: AbortSignal | undefined,
    fill: (file: TemporaryFile, path: string) => Promise<void>,
  ): Promise<void> {
    throwIfAborted(signal)
    await this.#prepare(signal)
    const path = join(this.host, 'blobs', algorithmOf(digest), hexOf(digest))
    const file = await withLayoutErrors('write a blob', path, () => createTemporaryFile(this.host, signal))
    try {
      await fill(file, path)
      await withLayoutErrors('write a blob', path, async () => {
        await blobDirectory(this.host, algorithmOf(digest))
        await file.publish(path)
      })
    } finally {
      await withLayoutErrors('write a blob', path, () => file.close())
    }
  }

  #prepare(signal: AbortSignal | undefined): Promise<void> {
    this.#prepared ??= withLayoutErrors('make a layout', this.host, () =>
      prepareLayout(this.host, signal),
    ).catch((error: unknown) => {
      this.#prepared = undefined // the next call tries again
      throw error
    })
    return this.#prepared
  }
}
