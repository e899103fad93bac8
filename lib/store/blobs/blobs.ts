/**
 * The blobs of the store: manifests, configs and compressed layers, each in a file named by its digest (image-spec,
 * image-layout.md). A blob is verified before it gets its final name, and again when it is read.
 */
import { constants, type Stats } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { WindlassError } from '../../errors.js'
import { formatBytes, formatExactBytes } from '../../quantities.js'
import { algorithmOf, type Digest, digestOf } from '../../image/index.js'
import { formatLimit, type LimitName, raiseHint } from '../../limits.js'
import { lstatIfExists, rename, unlink } from '../../system/files.js'
import { digestPath } from '../files/digest-path.js'
import { copySynced, ensureDirectory, publish, writeSynced } from '../files/durable.js'
import type { Run } from '../staging/run.js'
import { markUsedAt } from './last-use.js'
import { errnoOf, isNotWritableError, withStoreErrors } from '../files/store-error.js'
import { recoveryHints } from '../files/recovery-hints.js'

/** Reads and writes the blobs in `directory`. */
export class BlobStore {
  constructor(
    private readonly directory: string,
    private readonly run: Run,
  ) {}

  /** Returns the path of the blob, whether it exists or not. @throws WindlassError DIGEST_INVALID */
  path(digest: Digest): string {
    return digestPath(this.directory, digest)
  }

  /** Reports whether the blob exists as a regular file and, if `size` is given, has that many bytes. */
  async has(digest: Digest, size?: number): Promise<boolean> {
    const found = await this.#find(digest)
    return found !== undefined && (size === undefined || found.size === size)
  }

  /**
   * Returns the size of the blob in bytes.
   * @throws WindlassError STORE_CORRUPT when it does not exist or is not a regular file
   */
  async size(digest: Digest): Promise<number> {
    const path = this.path(digest)
    const found = await withStoreErrors('look for a blob', path, () => lstatIfExists(path))
    if (!found) throw missingBlobError(digest, path)
    if (!found.isFile()) throw notAFileError(digest, path)
    return found.size
  }

  /**
   * Reads the blob and verifies it against its digest. `limit` names the option that determines `maxBytes`, if any.
   * @throws WindlassError LIMIT_EXCEEDED when it has more than `maxBytes`; STORE_CORRUPT when it is missing, not a
   * regular file, or corrupt
   */
  async read(digest: Digest, maxBytes: number, limit?: LimitName): Promise<Buffer> {
    const path = this.path(digest)
    const bytes = await withStoreErrors('read a blob', path, async () => {
      const file = await openBlob(path, digest)
      try {
        const stats = await file.stat()
        if (!stats.isFile()) throw notAFileError(digest, path)
        if (stats.size > maxBytes)
          throw new WindlassError(
            'LIMIT_EXCEEDED',
            `Blob ${digest} has ${formatBytes(stats.size)}, more than ${limit ? `the limit ${formatLimit(limit, maxBytes)}` : formatExactBytes(maxBytes)}`,
            {
              ...{ digest, path },
              hint: limit ? raiseHint(limit) : recoveryHints.repair,
            },
          )
        return await file.readFile()
      } finally {
        await file.close()
      }
    })
    if (!hasDigest(bytes, digest))
      throw new WindlassError(
        'STORE_CORRUPT',
        `Blob ${digest} in the store is damaged: the content of ${path} has another digest`,
        {
          digest,
          path,
          hint: recoveryHints.repair,
        },
      )
    return bytes
  }

  /**
   * Stores `bytes` as the blob `digest`, unless it already exists. `signal` aborts the wait for the store's lock.
   * @throws WindlassError DIGEST_MISMATCH when `bytes` have another digest
   */
  async put(digest: Digest, bytes: Buffer, signal?: AbortSignal): Promise<void> {
    if (!hasDigest(bytes, digest))
      throw new WindlassError('DIGEST_MISMATCH', `The content to be stored as ${digest} has another digest`, {
        digest,
      })
    await this.run.hold([digest], signal).catch(async (error: unknown) => {
      // The store is not writable, but the blob is already stored, so nothing has to be written.
      if (!isNotWritableError(error) || !(await this.#contains(digest, bytes))) throw error
    })
    if (await this.#contains(digest, bytes)) return
    const path = this.path(digest)
    await withStoreErrors('store a blob', path, () =>
      this.run.withFreshPath('blob', 'blobs', async (staged) => {
        await writeSynced(staged, bytes)
        await this.#publish(staged, path)
      }),
    )
  }

  /**
   * Moves `file` into the store as the blob `digest`, replacing an existing one. The caller must have verified and
   * synced it. `signal` aborts the wait for the store's lock.
   */
  async adopt(file: string, digest: Digest, signal?: AbortSignal): Promise<void> {
    const path = this.path(digest)
    await this.run.hold([digest], signal)
    await withStoreErrors('store a blob', path, async () => {
      try {
        await this.#publish(file, path)
      } catch (error) {
        if (errnoOf(error) !== 'EXDEV') throw error // EXDEV: `file` is on another file system
        await this.run.withFreshPath('blob', 'blobs', async (staged) => {
          await copySynced(file, staged)
          await this.#publish(staged, path)
        })
        await unlink(file)
      }
    })
  }

  /** Records that the image whose manifest or index is `digest` was used now. See `markUsedAt`. */
  async markUsed(digest: Digest): Promise<void> {
    if (this.run.isWritable) await markUsedAt(this.path(digest))
  }

  /**
   * Returns when the image whose manifest or index is `digest` was used last, or was stored, in milliseconds since 1970;
   * undefined if the blob is missing.
   */
  async lastUsedAt(digest: Digest): Promise<number | undefined> {
    return (await this.#find(digest))?.mtimeMs
  }

  async #publish(file: string, path: string): Promise<void> {
    await ensureDirectory(dirname(path))
    try {
      await publish(file, path)
    } catch (error) {
      if (errnoOf(error) !== 'EISDIR') throw error
      // There is a directory at `path`. Move it to the staging directory, which is removed when the store is closed.
      await rename(path, await this.run.freshPath('unexpected', 'blobs'))
      await publish(file, path)
    }
  }

  async #find(digest: Digest): Promise<Pick<Stats, 'size' | 'mtimeMs'> | undefined> {
    const path = this.path(digest)
    const found = await withStoreErrors('look for a blob', path, () => lstatIfExists(path))
    return found?.isFile() ? found : undefined
  }

  async #contains(digest: Digest, bytes: Buffer): Promise<boolean> {
    if (!(await this.has(digest, bytes.length))) return false
    const stored = await this.read(digest, bytes.length).catch(() => undefined)
    return stored?.equals(bytes) ?? false
  }
}

/** Opens a blob without following a link or waiting for the other end of a FIFO. */
async function openBlob(path: string, digest: Digest) {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw missingBlobError(digest, path)
    if (errnoOf(error) === 'ELOOP' || errnoOf(error) === 'ENXIO') throw notAFileError(digest, path)
    throw error
  }
}

const hasDigest = (bytes: Buffer, digest: Digest): boolean => digestOf(bytes, algorithmOf(digest)) === digest

const missingBlobError = (digest: Digest, path: string): WindlassError =>
  new WindlassError('STORE_CORRUPT', `Blob ${digest} is not in the store: ${path} does not exist`, {
    digest,
    path,
    hint: recoveryHints.repair,
  })

const notAFileError = (digest: Digest, path: string): WindlassError =>
  new WindlassError('STORE_CORRUPT', `Blob ${digest} in the store is not a regular file: ${path}`, {
    digest,
    path,
    hint: recoveryHints.repair,
  })
