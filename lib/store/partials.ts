/**
 * Downloads that may be resumed: for each digest the bytes that are here and a journal of how they came,
 * under a lock, so that of all processes one writes.
 */
import { lstat, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { WindlassError } from '../errors.js'
import type { Digest } from '../image/index.js'
import { digestPath } from './digest-path.js'
import { ensureDirectory } from './durable.js'
import { FileLock } from './file-lock.js'
import { Partial } from './partial.js'
import { storeError, storing, unlessMissing } from './store-error.js'
import { waitFor } from './waiting.js'

export class PartialStore {
  readonly #open = new Set<Partial>()

  constructor(private readonly directory: string) {}

  /** How many bytes of the blob an interrupted download has left, or one that runs has written. */
  async length(digest: Digest): Promise<number> {
    const path = digestPath(this.directory, digest)
    const found = await storing('look for a partial download', path, () => unlessMissing(lstat(path)))
    return found?.isFile() ? found.size : 0
  }

  /**
   * The download of `digest`, for this caller alone until it releases it. Waits while another has it, who may have
   * brought the whole blob in the end: look for that afterwards.
   * @throws WindlassError when `signal` aborts: STORE_LOCKED for a timeout, else CANCELLED, each with who holds it
   */
  async acquire(digest: Digest, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Partial> {
    const path = digestPath(this.directory, digest)
    const lockPath = `${path}.lock`
    const began = performance.now()
    const lock = await storing('lock a download', lockPath, async () => {
      await ensureDirectory(dirname(path))
      return waitFor(() => FileLock.take(lockPath), signal)
    }).catch(async (error: unknown) => {
      throw signal?.aborted ? await gaveUp(digest, lockPath, performance.now() - began, signal) : error
    })
    try {
      await lock.sign(`process ${process.pid}`)
      const partial = await Partial.open(path, lock, () => this.#open.delete(partial))
      this.#open.add(partial)
      return partial
    } catch (error) {
      await lock.release({ remove: true })
      throw storeError(error, 'open a partial download', path)
    }
  }

  /** Lets go of all that were not released. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((partial) => partial.release()))
  }
}

async function gaveUp(
  digest: Digest,
  lockPath: string,
  ms: number,
  signal: AbortSignal,
): Promise<WindlassError> {
  const holder = await readFile(lockPath, 'utf8').catch(() => '')
  const timeout = signal.reason instanceof Error && signal.reason.name === 'TimeoutError'
  return new WindlassError(
    timeout ? 'STORE_LOCKED' : 'CANCELLED',
    `Stopped waiting after ${(ms / 1000).toFixed(1)} s for the download of ${digest}, which ` +
      `${/^process \d+$/.test(holder) ? holder : 'another process'} has locked`,
    { digest, path: lockPath, cause: signal.reason },
  )
}
