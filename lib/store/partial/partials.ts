/**
 * Resumable downloads: for each digest the bytes and a journal of their origin, under a lock that only one process
 * holds. The total size of interrupted downloads is limited.
 */
import { dirname, join } from 'node:path'
import { WindlassError } from '../../errors.js'
import { formatElapsed } from '../../quantities.js'
import type { Digest } from '../../image/index.js'
import { lstatIfExists } from '../../system/files.js'
import { digestPath } from '../files/digest-path.js'
import { DownloadWatch, type HeldDownload } from './download-watch.js'
import { ensureDirectory } from '../files/durable.js'
import { FileLock } from '../locks/file-lock.js'
import { digestsHeldByRuns } from '../staging/holds.js'
import { removePartials } from './evict-partials.js'
import { defaultKeepPartials } from './keep-partials.js'
import { describeHolder, findLockHolder } from '../locks/lock-holder.js'
import { PartialDownload } from './partial.js'
import { storeError, withStoreErrors } from '../files/store-error.js'
import { waitFor } from '../locks/waiting.js'

/** Options of a `PartialStore`. */
export interface PartialStoreOptions {
  /** Maximum number of bytes of interrupted downloads to keep, newest first (default 1 GiB). */
  readonly keepBytes?: number
  /** Receives messages about downloads that could not be removed. */
  readonly warn?: (message: string) => void
  /**
   * Returns an unused path for a separate download, used if the download of another process is stuck. Without this
   * option, `acquire` waits instead.
   */
  readonly freshPath?: () => Promise<string>
  /** The error for every download, if the store belongs to another user. */
  readonly refusal?: WindlassError | undefined
}

/** Options of `PartialStore.acquire`. */
export interface AcquireOptions {
  /** Aborts the wait for a download that another process or caller holds. */
  readonly signal?: AbortSignal
  /** Size of the whole blob in bytes, if known. */
  readonly size?: number
  /** Receives a message when `acquire` waits for another process, and when it starts a separate download instead. */
  readonly onHeld?: (held: HeldDownload) => void
}

/** The resumable downloads of a store. */
export class PartialStore {
  readonly #directory: string
  readonly #staging: string
  readonly #keepBytes: number
  readonly #warn: (message: string) => void
  readonly #freshPath: (() => Promise<string>) | undefined
  readonly #refusal: WindlassError | undefined
  readonly #open = new Set<PartialDownload>()
  #checkedOnce = false
  /** Whether interrupted downloads may have been added since the last check of the limit. */
  #mayHaveGrown = false

  /** @param directory of the store */
  constructor(
    directory: string,
    { keepBytes = defaultKeepPartials, warn = () => undefined, freshPath, refusal }: PartialStoreOptions = {},
  ) {
    this.#directory = join(directory, 'partial')
    this.#staging = join(directory, 'staging')
    this.#keepBytes = keepBytes
    this.#warn = warn
    this.#freshPath = freshPath
    this.#refusal = refusal
  }

  /** Returns the number of bytes of an interrupted or active download of the blob. @throws WindlassError STORE_* */
  async length(digest: Digest): Promise<number> {
    const path = digestPath(this.#directory, digest)
    const found = await withStoreErrors('look for a partial download', path, () => lstatIfExists(path))
    return found?.isFile() ? found.size : 0
  }

  /**
   * Locks the download of `digest` until it is released. Waits while another process or caller holds it. That one may
   * store the blob during the wait, so the caller must check for the blob afterwards. If the other download is stuck,
   * returns a separate, empty download.
   * @throws WindlassError STORE_LOCKED after an hour, and when `signal` aborts with a TimeoutError; CANCELLED when it
   *   aborts with another reason. Both name the holder. STORE_*
   */
  async acquire(digest: Digest, options: AcquireOptions = {}): Promise<PartialDownload> {
    if (this.#refusal) throw this.#refusal
    const { signal, size, onHeld = () => undefined } = options
    const path = digestPath(this.#directory, digest)
    const lockPath = `${path}.lock`
    const began = performance.now()
    const lock = await withStoreErrors('lock a download', lockPath, async () => {
      // Another tool may have created the store without this directory, and the store was not writable when it was
      // opened. If it still is not, this call throws the reason.
      await ensureDirectory(this.#directory)
      await ensureDirectory(dirname(path))
      const watch = new DownloadWatch({ digest, path, size, onHeld })
      const take = async (): Promise<FileLock | 'separate' | undefined> =>
        (await FileLock.take(lockPath)) ??
        (this.#freshPath && (await watch.isStuck()) ? 'separate' : undefined)
      return waitFor(take, signal)
    }).catch(async (error: unknown) => {
      throw signal?.aborted ? await waitError(digest, lockPath, performance.now() - began, signal) : error
    })
    if (lock === 'separate') return this.#acquireSeparate()
    try {
      await lock.write(`process ${process.pid}`)
      // Check the limit on the first call even if nothing has grown: a killed process does not check it on close.
      if (!this.#checkedOnce) this.#checkedOnce = this.#mayHaveGrown = true
      await this.enforceBudget()
      const partial = await PartialDownload.open(path, lock, (hasBytes) => {
        this.#open.delete(partial)
        if (hasBytes) this.#mayHaveGrown = true
      })
      this.#open.add(partial)
      return partial
    } catch (error) {
      await lock.release({ remove: true }).catch(() => undefined) // report the first error
      throw storeError(error, 'open a partial download', path)
    }
  }

  /** Creates a download in the staging directory of this process. Its bytes are not kept on release. */
  async #acquireSeparate(): Promise<PartialDownload> {
    const path = await this.#freshPath!()
    return withStoreErrors('start a download', path, async () => {
      const lock = (await FileLock.take(`${path}.lock`))!
      const partial = await PartialDownload.open(path, lock, () => this.#open.delete(partial), {
        isResumable: false,
      })
      this.#open.add(partial)
      return partial
    })
  }

  /**
   * Removes the oldest interrupted downloads beyond the limit, except those that are active or that a process is about
   * to continue. Does nothing if none was added since the last check. A failure causes only a warning, so that
   * downloads continue.
   */
  async enforceBudget(): Promise<void> {
    if (!this.#mayHaveGrown) return
    this.#mayHaveGrown = false
    try {
      await removePartials(this.#directory, {
        keepBytes: this.#keepBytes,
        wanted: await digestsHeldByRuns(this.#staging),
      })
    } catch (error) {
      const doing = 'limit the space of interrupted downloads'
      this.#warn(storeError(error, doing, this.#directory).message)
    }
  }

  /** Releases all downloads that are still held. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((partial) => partial.release()))
  }
}

async function waitError(
  digest: Digest,
  lockPath: string,
  ms: number,
  signal: AbortSignal,
): Promise<WindlassError> {
  const holder = await findLockHolder(lockPath)
  const timeout = signal.reason instanceof Error && signal.reason.name === 'TimeoutError'
  return new WindlassError(
    timeout ? 'STORE_LOCKED' : 'CANCELLED',
    `Stopped waiting after ${formatElapsed(ms)} for the download of ${digest}, which ` +
      `${describeHolder(holder)} has locked`,
    { digest, path: lockPath, cause: signal.reason },
  )
}
