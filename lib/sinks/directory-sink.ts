/** Provides `DirectorySink`, which writes an image to a directory as skopeo does (`dir:` of containers-transports(5)). */
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { printable } from '../codec/index.js'
import { WindlassError } from '../errors.js'
import {
  type Descriptor,
  type Digest,
  type ImageSink,
  type OpenBlob,
  type PutManifestRequest,
  type SinkRequest,
  hexOf,
} from '../image/index.js'
import { lstatIfExists, makeDirectories, unlink } from '../system/files.js'
import { throwIfAborted } from './layout/cancelled.js'
import { withLayoutErrors } from './layout/layout-error.js'
import { withLayoutLock } from './layout/layout-lock.js'
import {
  createTemporaryFile,
  sweepTemporaries,
  syncDirectory,
  temporaryPrefix,
  writeAtomically,
} from './layout/temporary-file.js'
import { receiveBlob } from './receive-blob.js'

/**
 * Returns a directory with the manifest and the blobs of one image as a target of images. Call `finish` to replace the image that the
 * directory has.
 *
 * @example
 * const sink = directorySink('app')
 * await sink.putManifest(bytes, descriptor, { root: true })
 * await sink.finish()
 */
export const directorySink = (directory: string): DirectorySink => new DirectorySink(directory)

/** Content of the file `version`, which marks a directory with an image. */
const versionText = 'Directory Transport Version: 1.1\n'

const manifestFile = 'manifest.json'

/** A file that belongs to an image: a blob, the manifest of an index, or a signature. */
const isImageFile = (name: string): boolean =>
  /^(?:[0-9a-f]{64,128}(?:\.manifest\.json)?|(?:[0-9a-f]{64,128}\.)?signature-\d+)$/.test(name)

/**
 * A directory with the manifest and the blobs of one image, as a target of images. Reference: `dir:DIR`. Until `finish`, the directory
 * has the image that it had before.
 */
export class DirectorySink implements ImageSink {
  /** Absolute path of the directory. Events and errors show it in place of the host of a registry. */
  readonly host: string
  #root: Buffer | undefined
  /** Names of the files of the image that is written. */
  readonly #files = new Set<string>()
  #prepared: Promise<void> | undefined

  /** @param directory path of the directory */
  constructor(directory: string) {
    this.host = resolve(directory)
  }

  /** Returns a key that is equal for targets with the same content: `dir:` and the absolute path. */
  identity(): Promise<string> {
    return Promise.resolve(`dir:${this.host}`)
  }

  /** Returns whether the directory has a regular file of the right size for the blob. Its content is not read. */
  async hasBlob({ digest, size }: Descriptor): Promise<boolean> {
    const name = hexOf(digest)
    const stats = await lstatIfExists(join(this.host, name))
    const found = stats?.isFile() === true && stats.size === size
    if (found) this.#files.add(name)
    return found
  }

  /** Returns undefined: the image of a directory has no name. */
  resolve(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  /**
   * Writes a blob. It is visible once it is complete, verified and on the disk.
   * @throws SIZE_MISMATCH, DIGEST_MISMATCH; errors of `open` and its stream; USAGE when the directory has something else; STORE_*;
   *   CANCELLED
   */
  async putBlob(descriptor: Descriptor, open: OpenBlob, { signal }: SinkRequest = {}): Promise<void> {
    await this.#write(hexOf(descriptor.digest), signal, (append) =>
      receiveBlob(descriptor, open, append, signal),
    )
  }

  /** Writes a manifest; the one with `root` replaces the image of the directory when `finish` is called. */
  async putManifest(
    bytes: Buffer,
    { digest }: Descriptor,
    { root = false, signal }: PutManifestRequest = {},
  ): Promise<void> {
    if (root) this.#root = bytes
    else await this.#write(manifestName(digest), signal, (append) => append([bytes]))
  }

  /** Writes `manifest.json`, then removes the files of the image that the directory had before. */
  async finish({ signal }: SinkRequest = {}): Promise<void> {
    const root = this.#root
    if (root === undefined) throw new WindlassError('INTERNAL', 'an image without its manifest')
    await this.#prepare(signal)
    await withLayoutErrors('write the image', this.host, () =>
      withLayoutLock(
        this.host,
        async () => {
          await syncDirectory(this.host)
          await writeAtomically(join(this.host, 'version'), versionText)
          await writeAtomically(join(this.host, manifestFile), root)
          for (const name of readdirSync(this.host))
            if (isImageFile(name) && !this.#files.has(name)) await unlink(join(this.host, name))
        },
        signal,
      ),
    )
  }

  async #write(
    name: string,
    signal: AbortSignal | undefined,
    fill: (append: (batch: readonly Buffer[]) => Promise<void>) => Promise<void>,
  ): Promise<void> {
    throwIfAborted(signal)
    await this.#prepare(signal)
    const path = join(this.host, name)
    const file = await withLayoutErrors('write a blob', path, () => createTemporaryFile(this.host, signal))
    try {
      await fill((batch) => withLayoutErrors('write a blob', path, () => file.append(batch)))
      await withLayoutErrors('write a blob', path, () => file.publish(path))
      this.#files.add(name)
    } finally {
      await withLayoutErrors('write a blob', path, () => file.close())
    }
  }

  #prepare(signal: AbortSignal | undefined): Promise<void> {
    this.#prepared ??= withLayoutErrors('make a directory', this.host, async () => {
      await makeDirectories(this.host, 0o755)
      await withLayoutLock(
        this.host,
        async () => {
          assertImageDirectory(this.host)
          await sweepTemporaries(this.host)
        },
        signal,
      )
    }).catch((error: unknown) => {
      this.#prepared = undefined // the next call tries again
      throw error
    })
    return this.#prepared
  }
}

const manifestName = (digest: Digest): string => `${hexOf(digest)}.manifest.json`

/**
 * Checks that a directory is empty or has an image. A directory with blobs only is what a cancelled copy has left.
 * @throws USAGE
 */
function assertImageDirectory(directory: string): void {
  const names = readdirSync(directory).filter((name) => !name.startsWith(temporaryPrefix))
  if (names.includes('version') && names.includes(manifestFile)) return
  if (names.every(isImageFile)) return
  throw new WindlassError(
    'USAGE',
    `Cannot write an image to ${printable(directory)}: it is neither empty nor a directory with an image`,
    { path: directory, hint: 'Name another directory. An OCI layout is named oci:DIR.' },
  )
}
