/**
 * The lock for data that several processes change: `index.json`, layer records and the holds of runs. It is held only
 * briefly. Within a process, requests are queued.
 */
import { WindlassError } from '../../errors.js'
import { formatElapsed } from '../../quantities.js'
import { lstatIfThere } from '../../system/files.js'
import { FileLock } from './file-lock.js'
import { holderHint, describeHolder, type LockHolder, lockHolder } from './lock-holder.js'
import { isNotWritable, storeError } from '../files/store-error.js'
import { waitFor } from './waiting.js'

/** Waiting times in milliseconds. Specs shorten them. */
export const lockWaits = {
  /** Before the holder is reported. */
  notice: 2_000,
  /** Before the wait fails. A holder that takes longer than any disk sync is stopped or stuck. */
  total: 120_000,
}

/** The code of the warning that the lock of the store is held by another process. */
export const storeLocked = 'store-locked'

/** Options of a `MetadataLock`. */
export interface MetadataLockOptions {
  /** Receives a warning that names the holder after a wait. */
  readonly warn?: ((message: string, code: string) => void) | undefined
  /** Ends every wait. Work that holds the lock is not interrupted. */
  readonly signal?: AbortSignal | undefined
  /** The error for every request to write, if the store belongs to another user. */
  readonly refusal?: WindlassError | undefined
}

/** The lock at `path`, shared by processes and by callers in this process. */
export class MetadataLock {
  #last: Promise<unknown> = Promise.resolve()
  /** Number of requests that have not ended. */
  #pending = 0
  /** The lock file, kept open if another request waits in this process. */
  #kept: FileLock | undefined

  constructor(
    private readonly path: string,
    private readonly options: MetadataLockOptions = {},
  ) {}

  /**
   * Runs `work` while holding the lock. `signal` ends the wait; `work` is then not started. Work that has started is
   * not interrupted.
   *
   * @throws WindlassError CANCELLED or the reason of the signal; STORE_LOCKED, which names the holder, after two
   * minutes; STORE_DENIED in a store of another user; the errors of `work`
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
      const turn = this.#last.then(() =>
        this.#runLocked((lock) => {
          started = true
          return work(lock)
        }, wait.signal),
      )
      this.#last = turn
        .then(resolve, reject)
        .finally(() => signals.forEach((each) => each.removeEventListener('abort', stop)))
    })
  }

  /**
   * Like `hold`, for work that only reads. If the lock file does not exist and cannot be created, for example on a
   * read-only file system, runs `work` without the lock, because no other process can take it either.
   */
  async holdToRead<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const state = { started: false }
    try {
      return await this.#hold(() => {
        state.started = true
        return work()
      }, signal)
    } catch (error) {
      const cannotCreate = isNotWritable(error) || this.options.refusal !== undefined
      if (state.started || !cannotCreate || (await lstatIfThere(this.path))) throw error
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
      if (--this.#pending > 0) this.#kept?.pause()
      else await this.#drop()
    }
  }

  async #wait(signal: AbortSignal): Promise<FileLock> {
    const began = performance.now()
    let reported = false
    const attempt = async (): Promise<FileLock | undefined> => {
      const lock = await this.#take()
      const waited = performance.now() - began
      if (lock || waited < Math.min(lockWaits.notice, lockWaits.total)) return lock
      if (waited >= lockWaits.total) throw lockedError(this.path, waited, await lockHolder(this.path))
      if (!reported) {
        reported = true
        const holder = describeHolder(await lockHolder(this.path))
        const message = `Waiting for the lock of the store, which ${holder} holds, at ${this.path}`
        this.options.warn?.(message, storeLocked)
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

  async #take(): Promise<FileLock | undefined> {
    const retaken = await this.#kept?.retake()
    if (retaken === 'gone') await this.#drop()
    if (retaken === 'held') return undefined
    this.#kept ??= await FileLock.take(this.path, { allowReadOnly: true, create: !this.options.refusal })
    return this.#kept
  }

  async #drop(): Promise<void> {
    const kept = this.#kept
    this.#kept = undefined
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
