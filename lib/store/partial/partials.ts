/**
 * Downloads that may be resumed: for each digest the bytes that are here and a journal of how they came,
 * under a lock, so that of all processes one writes. What is left of those that broke off has a budget.
 */
import { dirname, join } from 'node:path'
import { WindlassError } from '../../errors.js'
import type { Digest } from '../../image/index.js'
import { lstatIfThere } from '../../system/files.js'
import { digestPath } from '../files/digest-path.js'
import { DownloadWatch, type HeldDownload } from './download-watch.js'
import { ensureDirectory } from '../files/durable.js'
import { FileLock } from '../locks/file-lock.js'
import { heldByRuns } from '../staging/holds.js'
import { removePartials } from './evict-partials.js'
import { defaultKeepPartials } from './keep-partials.js'
import { holderWords, lockHolder } from '../locks/lock-holder.js'
import { Partial } from './partial.js'
import { storeError, storing } from '../files/store-error.js'
import { waitFor } from '../locks/waiting.js'

export interface PartialStoreOptions {
  /** Bytes of interrupted downloads to keep, the youngest first (1 GiB). */
  readonly keep?: number
  /** Hears of what could not be removed. */
  readonly warn?: (message: string) => void
  /** A path that nobody else uses, for a download that is made apart from one that is held. Without it, that is waited for. */
  readonly freshPath?: () => Promise<string>
}

export interface AcquireOptions {
  readonly signal?: AbortSignal
  /** Of the whole blob, in bytes, where that is known. */
  readonly size?: number
  /** Hears of who holds the download, and of what is done about it. */
  readonly onHeld?: (held: HeldDownload) => void
}

export class PartialStore {
  readonly #directory: string
  readonly #staging: string
  readonly #keep: number
  readonly #warn: (message: string) => void
  readonly #freshPath: (() => Promise<string>) | undefined
  readonly #open = new Set<Partial>()
  #begun = false
  /** Whether more may be here than at the last look. */
  #mayBeMore = false

  /** Those of the store in `directory`. */
  constructor(
    directory: string,
    { keep = defaultKeepPartials, warn = () => undefined, freshPath }: PartialStoreOptions = {},
  ) {
    this.#directory = join(directory, 'partial')
    this.#staging = join(directory, 'staging')
    this.#keep = keep
    this.#warn = warn
    this.#freshPath = freshPath
  }

  /** How many bytes of the blob an interrupted download has left, or one that runs has written. */
  async length(digest: Digest): Promise<number> {
    const path = digestPath(this.#directory, digest)
    const found = await storing('look for a partial download', path, () => lstatIfThere(path))
    return found?.isFile() ? found.size : 0
  }

  /**
   * The download of `digest`, for this caller alone until it releases it. Waits while another has it, who may have
   * brought the whole blob in the end: look for that afterwards. Where the other's download stands still, the answer is
   * a download of this caller's own, of which nothing is here yet.
   * @throws WindlassError when `signal` aborts: STORE_LOCKED for a timeout, else CANCELLED, each with who holds it;
   * STORE_LOCKED after an hour
   */
  async acquire(digest: Digest, options: AcquireOptions = {}): Promise<Partial> {
    const { signal, size, onHeld = () => undefined } = options
    const path = digestPath(this.#directory, digest)
    const lockPath = `${path}.lock`
    const began = performance.now()
    const lock = await storing('lock a download', lockPath, async () => {
      // A layout of another tool that could not be completed when it was opened has none: what is in the way says so here.
      await ensureDirectory(this.#directory)
      await ensureDirectory(dirname(path))
      const watch = new DownloadWatch({ digest, path, size, onHeld })
      const take = async (): Promise<FileLock | 'apart' | undefined> =>
        (await FileLock.take(lockPath)) ?? (this.#freshPath && (await watch.isStuck()) ? 'apart' : undefined)
      return waitFor(take, signal)
    }).catch(async (error: unknown) => {
      throw signal?.aborted ? await gaveUp(digest, lockPath, performance.now() - began, signal) : error
    })
    if (lock === 'apart') return this.#apart()
    try {
      await lock.sign(`process ${process.pid}`)
      // What others left who were killed: who is killed every time never comes to an end at which it would be looked for.
      if (!this.#begun) this.#begun = this.#mayBeMore = true
      await this.keepBudget()
      const partial = await Partial.open(path, lock, (left) => {
        this.#open.delete(partial)
        if (left) this.#mayBeMore = true
      })
      this.#open.add(partial)
      return partial
    } catch (error) {
      await lock.release({ remove: true }).catch(() => undefined) // the first error is the one to tell
      throw storeError(error, 'open a partial download', path)
    }
  }

  /** A download in the staging area of this run: nothing of it stays. */
  async #apart(): Promise<Partial> {
    const path = await this.#freshPath!()
    return storing('begin a download', path, async () => {
      const lock = (await FileLock.take(`${path}.lock`))!
      const partial = await Partial.open(path, lock, () => this.#open.delete(partial), { keeps: false })
      this.#open.add(partial)
      return partial
    })
  }

  /**
   * Removes the oldest of what interrupted downloads left, where it is more than the budget. Never what somebody is at, in
   * any process, nor what a run says that it needs: it may be about to go on with it. Looks only where there may be more
   * than at the last look. What cannot be removed is warned of: nobody's download fails of it.
   */
  async keepBudget(): Promise<void> {
    if (!this.#mayBeMore) return
    this.#mayBeMore = false
    try {
      await removePartials(this.#directory, { keep: this.#keep, wanted: await heldByRuns(this.#staging) })
    } catch (error) {
      const doing = 'keep what is left of interrupted downloads within its budget'
      this.#warn(storeError(error, doing, this.#directory).message)
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
  const holder = await lockHolder(lockPath)
  const timeout = signal.reason instanceof Error && signal.reason.name === 'TimeoutError'
  return new WindlassError(
    timeout ? 'STORE_LOCKED' : 'CANCELLED',
    `Stopped waiting after ${(ms / 1000).toFixed(1)} s for the download of ${digest}, which ` +
      `${holderWords(holder)} has locked`,
    { digest, path: lockPath, cause: signal.reason },
  )
}
