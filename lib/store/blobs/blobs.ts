/**
 * The blobs of the store: manifests, configs and compressed layers, each a file named by its digest, there only
 * whole and verified (image-spec, image-layout.md), and verified again whenever its bytes are believed.
 */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { WindlassError } from '../../errors.js'
import { algorithmOf, type Digest, digestOf } from '../../image/index.js'
import { type LimitName, raiseHint } from '../../limits.js'
import { lstatIfThere, rename, unlink } from '../../system/files.js'
import { digestPath } from '../files/digest-path.js'
import { copySynced, ensureDirectory, publish, writeSynced } from '../files/durable.js'
import type { Run } from '../staging/run.js'
import { codeOf, isNotWritable, storing } from '../files/store-error.js'
import { waysOut } from '../files/ways-out.js'

export class BlobStore {
  constructor(
    private readonly directory: string,
    private readonly run: Run,
  ) {}

  /** Where the blob stands, or would. @throws WindlassError DIGEST_INVALID */
  path(digest: Digest): string {
    return digestPath(this.directory, digest)
  }

  /** Whether the blob is here as a regular file (links and special files do not count), of `size` bytes where that is said. */
  async has(digest: Digest, size?: number): Promise<boolean> {
    const found = await this.#find(digest)
    return found !== undefined && (size === undefined || found.size === size)
  }

  /** Its size in bytes. @throws WindlassError STORE_CORRUPT where it is not here */
  async size(digest: Digest): Promise<number> {
    const path = this.path(digest)
    const found = await storing('look for a blob', path, () => lstatIfThere(path))
    if (!found) throw missing(digest, path)
    if (!found.isFile()) throw notAFile(digest, path)
    return found.size
  }

  /**
   * All its bytes, verified against the digest. `limit` is what sets `maxBytes`, where a user can raise it.
   * @throws WindlassError LIMIT_EXCEEDED over `maxBytes`; STORE_CORRUPT where it is missing, no regular file, or rotten
   */
  async read(digest: Digest, maxBytes: number, limit?: LimitName): Promise<Buffer> {
    const path = this.path(digest)
    const bytes = await storing('read a blob', path, async () => {
      const file = await openBlob(path, digest)
      try {
        const stats = await file.stat()
        if (!stats.isFile()) throw notAFile(digest, path)
        if (stats.size > maxBytes)
          throw new WindlassError(
            'LIMIT_EXCEEDED',
            `Blob ${digest} has ${stats.size} bytes, ${maxBytes} are allowed`,
            {
              ...{ digest, path },
              hint: limit ? raiseHint(limit) : waysOut.repair,
            },
          )
        return await file.readFile()
      } finally {
        await file.close()
      }
    })
    if (!matches(bytes, digest))
      throw new WindlassError(
        'STORE_CORRUPT',
        `Blob ${digest} in the store is not what its digest says, at ${path}`,
        {
          digest,
          path,
          hint: waysOut.repair,
        },
      )
    return bytes
  }

  /**
   * Stores `bytes` under their digest; nothing to do where the same are there already. `signal` ends the wait for the lock
   * of the store.
   * @throws WindlassError DIGEST_MISMATCH where they have another digest
   */
  async put(digest: Digest, bytes: Buffer, signal?: AbortSignal): Promise<void> {
    if (!matches(bytes, digest))
      throw new WindlassError('DIGEST_MISMATCH', `What was to be stored as ${digest} has another digest`, {
        digest,
      })
    await this.run.hold([digest], signal).catch(async (error: unknown) => {
      // Nothing has to be written of what is here.
      if (!isNotWritable(error) || !(await this.#holds(digest, bytes))) throw error
    })
    if (await this.#holds(digest, bytes)) return
    const path = this.path(digest)
    await storing('store a blob', path, () =>
      this.run.withFreshPath('blob', 'blobs', async (staged) => {
        await writeSynced(staged, bytes)
        await this.#publish(staged, path)
      }),
    )
  }

  /** Moves a file in that the caller has verified against `digest` and synced, in place of one that may be there. */
  async adopt(file: string, digest: Digest, signal?: AbortSignal): Promise<void> {
    const path = this.path(digest)
    await this.run.hold([digest], signal)
    await storing('store a blob', path, async () => {
      try {
        await this.#publish(file, path)
      } catch (error) {
        if (codeOf(error) !== 'EXDEV') throw error
        await this.run.withFreshPath('blob', 'blobs', async (staged) => {
          await copySynced(file, staged)
          await this.#publish(staged, path)
        })
        await unlink(file)
      }
    })
  }

  async #publish(file: string, path: string): Promise<void> {
    await ensureDirectory(dirname(path))
    try {
      await publish(file, path)
    } catch (error) {
      if (codeOf(error) !== 'EISDIR') throw error
      // Not a blob, whatever it is: out of the way, to go with the rest of the run.
      await rename(path, await this.run.freshPath('odd', 'blobs'))
      await publish(file, path)
    }
  }

  async #find(digest: Digest): Promise<{ readonly size: number } | undefined> {
    const path = this.path(digest)
    const found = await storing('look for a blob', path, () => lstatIfThere(path))
    return found?.isFile() ? found : undefined
  }

  async #holds(digest: Digest, bytes: Buffer): Promise<boolean> {
    if (!(await this.has(digest, bytes.length))) return false
    const stored = await this.read(digest, bytes.length).catch(() => undefined)
    return stored?.equals(bytes) ?? false
  }
}

/** Never through a link, and never waiting for a fifo's other end. */
async function openBlob(path: string, digest: Digest) {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw missing(digest, path)
    if (codeOf(error) === 'ELOOP' || codeOf(error) === 'ENXIO') throw notAFile(digest, path)
    throw error
  }
}

const matches = (bytes: Buffer, digest: Digest): boolean => digestOf(bytes, algorithmOf(digest)) === digest

const missing = (digest: Digest, path: string): WindlassError =>
  new WindlassError('STORE_CORRUPT', `Blob ${digest} is not in the store, at ${path}`, {
    digest,
    path,
    hint: waysOut.repair,
  })

const notAFile = (digest: Digest, path: string): WindlassError =>
  new WindlassError('STORE_CORRUPT', `Blob ${digest} in the store is not a regular file, at ${path}`, {
    digest,
    path,
    hint: waysOut.repair,
  })
