/**
 * The lock for data that several processes change: `index.json`, layer records, and the `holds` files, in which
 * processes list the digests that they need. It is held only briefly. Requests of one process are queued.
 */
import { WindlassError } from '../../errors.js'
import { formatElapsed } from '../../quantities.js'
import { lstatIfExists } from '../../system/files.js'
import { FileLock } from './file-lock.js'
import { holderHint, describeHolder, type LockHolder, findLockHolder } from './lock-holder.js'
import { isNotWritableError, storeError } from '../files/store-error.js'
import { waitFor } from './waiting.js'

/** Times after which a wait for the lock is reported or fails, in milliseconds. Specs shorten them. */
export const lockWaitMs = {
  /** Until a warning names the holder. */
  notice: 2_000,
  /** Until the wait fails. Longer than any disk sync: a holder that takes longer is stopped or stuck. */
  total: 120_000,
}

/** The code of the warning that the lock of the store is held by another process. */
export const storeLockedCode = 'store-locked'

/** Options of a `MetadataLock`. */
export interface MetadataLockOptions {
  /** Receives a warning that names the holder if the wait takes long. */
  readonly warn?: ((message: string, code: string) => void) | undefined
  /** Ends every wait. Work that holds the lock is not interrupted. */
  readonly signal?: AbortSignal | undefined
  /** The error for every request to write, if the store belongs to another user. */
  readonly refusal?: WindlassError | undefined
}

/** The lock at `path`, shared by processes and by callers in this process. */
export class MetadataLock {
  #lastInQueue: Promise<unknown> = Promise.resolve()
  /** Number of requests that have not ended. */
  #pending = 0
  /** The lock file. Kept open between requests while others of this process are queued. */
  #openLock: FileLock | undefined

  constructor(
    private readonly path: string,
    private readonly options: MetadataLockOptions = {},
  ) {}

  /**
   * Runs `work` while holding the lock. If `signal` aborts during the wait, `work` is not started. Work that has
   * started is not interrupted.
   *
   * @throws WindlassError CANCELLED or the reason of the signal; STORE_LOCKED, which names the holder, after two
   *   minutes; STORE_DENIED in a store of another user; the errors of `work`
   */
  hold<T>(work: (lock: FileLock) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { refusal } = this.options
    return refusal ? Promise.reject(refusal) : this.#hold(work, signal)
  }

  #hold<T>(work: (lock: FileLock) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const signals = [signal, this.options.signal].filter((each) => each !== undefined)
    const wait = new AbortController()
    this.#pending++
    return new Promise<T>((resolve, reject) => {
      let started = false
      const stop = (): void => {
        const reason = waitError(signals.find(({ aborted }) => aborted)?.reason)
        wait.abort(reason)
        if (!started) reject(reason)
      }
      for (const each of signals) each.addEventListener('abort', stop, { once: true })
      if (signals.some(({ aborted }) => aborted)) stop()
      const result = this.#lastInQueue.then(() =>
        this.#runLocked((lock) => {
          started = true
          return work(lock)
        }, wait.signal),
      )
      this.#lastInQueue = result
        .then(resolve, reject)
        .finally(() => signals.forEach((each) => each.removeEventListener('abort', stop)))
    })
  }

  /**
   * Like `hold`, for work that only reads. If the lock file does not exist and cannot be created, for example on a
   * read-only file system, runs `work` without the lock: no other process can take it either.
   */
  async holdToRead<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const state = { started: false }
    try {
      return await this.#hold(() => {
        state.started = true
        return work()
      }, signal)
    } catch (error) {
      const cannotCreate = isNotWritableError(error) || this.options.refusal !== undefined
      if (state.started || !cannotCreate || (await lstatIfExists(this.path))) throw error
      return work()
    }
  }

  async #runLocked<T>(work: (lock: FileLock) => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      signal.throwIfAborted()
      const lock = await this.#wait(signal)
      signal.throwIfAborted()
      return await work(lock)
    } finally {
      if (--this.#pending > 0) this.#openLock?.pause()
      else await this.#closeLock()
    }
  }

  async #wait(signal: AbortSignal): Promise<FileLock> {
    const began = performance.now()
    let reported = false
    const attempt = async (): Promise<FileLock | undefined> => {
      const lock = await this.#tryTake()
      const waited = performance.now() - began
      if (lock || waited < Math.min(lockWaitMs.notice, lockWaitMs.total)) return lock
      if (waited >= lockWaitMs.total) throw lockedError(this.path, waited, await findLockHolder(this.path))
      if (!reported) {
        reported = true
        const holder = describeHolder(await findLockHolder(this.path))
        const message = `Waiting for the lock of the store, which ${holder} holds, at ${this.path}`
        this.options.warn?.(message, storeLockedCode)
      }
      return undefined
    }
    try {
      return await waitFor(attempt, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw storeError(error, 'take the lock of the store', this.path)
    }
  }

  async #tryTake(): Promise<FileLock | undefined> {
    const retaken = await this.#openLock?.retake()
    if (retaken === 'gone') await this.#closeLock()
    if (retaken === 'held') return undefined
    this.#openLock ??= await FileLock.take(this.path, { allowReadOnly: true, create: !this.options.refusal })
    return this.#openLock
  }

  async #closeLock(): Promise<void> {
    const kept = this.#openLock
    this.#openLock = undefined
    await kept?.release()
  }
}

const waitError = (reason: unknown): WindlassError =>
  reason instanceof WindlassError
    ? reason
    : new WindlassError('CANCELLED', 'Stopped waiting for the lock of the store', { cause: reason })

function lockedError(path: string, waited: number, holder: LockHolder): WindlassError {
  return new WindlassError(
    'STORE_LOCKED',
    `Waited ${formatElapsed(waited)} for the lock of the store, which ${describeHolder(holder)} holds, at ${path}`,
    { path, hint: holderHint(holder, path) },
  )
}
