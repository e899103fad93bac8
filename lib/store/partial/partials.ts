/**
 * Resumable downloads: for each digest the bytes and a journal of their origin, under a lock that only one process
 * holds. The total size of interrupted downloads is limited.
 */
import { dirname, join } from 'node:path'
import { WindlassError } from '../../errors.js'
import { formatElapsed } from '../../quantities.js'
import type { Digest } from '../../image/index.js'
import { lstatIfThere } from '../../system/files.js'
import { digestPath } from '../files/digest-path.js'
import { DownloadWatch, type HeldDownload } from './download-watch.js'
import { ensureDirectory } from '../files/durable.js'
import { FileLock } from '../locks/file-lock.js'
import { digestsHeldByRuns } from '../staging/holds.js'
import { removePartials } from './evict-partials.js'
import { defaultKeepPartials } from './keep-partials.js'
import { describeHolder, lockHolder } from '../locks/lock-holder.js'
import { Partial } from './partial.js'
import { storeError, withStoreErrors } from '../files/store-error.js'
import { waitFor } from '../locks/waiting.js'

/** Options of a `PartialStore`. */
export interface PartialStoreOptions {
  /** Maximum number of bytes of interrupted downloads to keep, newest first (default 1 GiB). */
  readonly keep?: number
  /** Receives messages about downloads that could not be removed. */
  readonly warn?: (message: string) => void
  /**
   * Returns an unused path for a separate download while another process holds a stuck one. Without it, callers wait.
   */
  readonly freshPath?: () => Promise<string>
  /** The error for every download, if the store belongs to another user. */
  readonly refusal?: WindlassError | undefined
}

/** Options of `PartialStore.acquire`. */
export interface AcquireOptions {
  /** Ends the wait for a held download. */
  readonly signal?: AbortSignal
  /** Size of the whole blob in bytes, if known. */
  readonly size?: number
  /** Receives messages about the holder of the download and the action taken. */
  readonly onHeld?: (held: HeldDownload) => void
}

/** The resumable downloads of a store. */
export class PartialStore {
  readonly #directory: string
  readonly #staging: string
  readonly #keep: number
  readonly #warn: (message: string) => void
  readonly #freshPath: (() => Promise<string>) | undefined
  readonly #refusal: WindlassError | undefined
  readonly #open = new Set<Partial>()
  #checkedOnce = false
  /** Whether interrupted downloads may have been added since the last check of the limit. */
  #mayHaveGrown = false

  /** @param directory of the store */
  constructor(
    directory: string,
    { keep = defaultKeepPartials, warn = () => undefined, freshPath, refusal }: PartialStoreOptions = {},
  ) {
    this.#directory = join(directory, 'partial')
    this.#staging = join(directory, 'staging')
    this.#keep = keep
    this.#warn = warn
    this.#freshPath = freshPath
    this.#refusal = refusal
  }

  /** Returns the number of bytes of an interrupted or active download of the blob. @throws WindlassError STORE_* */
  async length(digest: Digest): Promise<number> {
    const path = digestPath(this.#directory, digest)
    const found = await withStoreErrors('look for a partial download', path, () => lstatIfThere(path))
    return found?.isFile() ? found.size : 0
  }

  /**
   * Locks the download of `digest` until it is released. Waits while another process or caller holds it; it may have
   * stored the whole blob meanwhile, so check for the blob afterwards. If the other download is stuck, returns a
   * separate, empty download.
   * @throws WindlassError when `signal` aborts: STORE_LOCKED for a timeout, otherwise CANCELLED, both with the holder;
   * STORE_LOCKED after an hour; STORE_*
   */
  async acquire(digest: Digest, options: AcquireOptions = {}): Promise<Partial> {
    if (this.#refusal) throw this.#refusal
    const { signal, size, onHeld = () => undefined } = options
    const path = digestPath(this.#directory, digest)
    const lockPath = `${path}.lock`
    const began = performance.now()
    const lock = await withStoreErrors('lock a download', lockPath, async () => {
      // The directory is missing if the layout of another tool was read-only when it was opened. If it still is, this call
      // fails with the reason.
      await ensureDirectory(this.#directory)
      await ensureDirectory(dirname(path))
      const watch = new DownloadWatch({ digest, path, size, onHeld })
      const take = async (): Promise<FileLock | 'apart' | undefined> =>
        (await FileLock.take(lockPath)) ?? (this.#freshPath && (await watch.isStuck()) ? 'apart' : undefined)
      return waitFor(take, signal)
    }).catch(async (error: unknown) => {
      throw signal?.aborted ? await waitError(digest, lockPath, performance.now() - began, signal) : error
    })
    if (lock === 'apart') return this.#acquireSeparate()
    try {
      await lock.write(`process ${process.pid}`)
      // The first check is for downloads of killed processes: a process that is killed never reaches the check on close.
      if (!this.#checkedOnce) this.#checkedOnce = this.#mayHaveGrown = true
      await this.enforceBudget()
      const partial = await Partial.open(path, lock, (hasBytes) => {
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

  /** Creates a download in the staging area of this run, which is not kept. */
  async #acquireSeparate(): Promise<Partial> {
    const path = await this.#freshPath!()
    return withStoreErrors('start a download', path, async () => {
      const lock = (await FileLock.take(`${path}.lock`))!
      const partial = await Partial.open(path, lock, () => this.#open.delete(partial), { keeps: false })
      this.#open.add(partial)
      return partial
    })
  }

  /**
   * Removes the oldest interrupted downloads beyond the limit, but none that is active or that a run is about to
   * continue. Checks only if there may be more than at the last check. Failures are warnings, so that no download fails
   * because of them.
   */
  async enforceBudget(): Promise<void> {
    if (!this.#mayHaveGrown) return
    this.#mayHaveGrown = false
    try {
      await removePartials(this.#directory, {
        keep: this.#keep,
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
  const holder = await lockHolder(lockPath)
  const timeout = signal.reason instanceof Error && signal.reason.name === 'TimeoutError'
  return new WindlassError(
    timeout ? 'STORE_LOCKED' : 'CANCELLED',
    `Stopped waiting after ${formatElapsed(ms)} for the download of ${digest}, which ` +
      `${describeHolder(holder)} has locked`,
    { digest, path: lockPath, cause: signal.reason },
  )
}
