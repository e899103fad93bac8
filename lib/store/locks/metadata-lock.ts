/**
 * The lock under which what several processes write is read and written again: `index.json`, the records of
 * layers, what a run holds. Held for moments only. Those of one process queue up before they ask the kernel.
 */
import { WindlassError } from '../../errors.js'
import { lstatIfThere } from '../../system/files.js'
import { FileLock } from './file-lock.js'
import { holderHint, holderWords, type LockHolder, lockHolder } from './lock-holder.js'
import { isNotWritable, storeError } from '../files/store-error.js'
import { waitFor } from './waiting.js'

/** Milliseconds. Specs shorten them. */
export const lockPatience = {
  /** Before it is told who holds the lock. */
  notice: 2_000,
  /** Whoever holds the lock for longer than a disk can take to sync was stopped. */
  total: 120_000,
}

/** The code of the warning that the lock of the store is waited for. */
export const storeLocked = 'store-locked'

export interface MetadataLockOptions {
  /** Hears who holds the lock, once it has been waited for. */
  readonly warn?: ((message: string, code: string) => void) | undefined
  /** Ends every wait. What has the lock goes on to its end. */
  readonly signal?: AbortSignal | undefined
}

export class MetadataLock {
  #last: Promise<unknown> = Promise.resolve()
  /** Holds that have not ended. */
  #due = 0
  /** Kept open for the next hold, where one waits here. */
  #kept: FileLock | undefined

  constructor(
    private readonly path: string,
    private readonly options: MetadataLockOptions = {},
  ) {}

  /**
   * Does `work` while no other process and nobody else here does. `signal` ends the wait for that at once: then `work`
   * is not begun. Work that has begun goes on to its end.
   *
   * @throws WindlassError CANCELLED, or what the signal's reason is; STORE_LOCKED, which names who holds the lock
   */
  hold<T>(work: (lock: FileLock) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const signals = [signal, this.options.signal].filter((each) => each !== undefined)
    const wait = new AbortController()
    this.#due++
    return new Promise<T>((resolve, reject) => {
      let begun = false
      const stop = (): void => {
        const reason = stopped(signals.find(({ aborted }) => aborted)?.reason)
        wait.abort(reason)
        if (!begun) reject(reason)
      }
      for (const each of signals) each.addEventListener('abort', stop, { once: true })
      if (signals.some(({ aborted }) => aborted)) stop()
      const turn = this.#last.then(() =>
        this.#alone((lock) => {
          begun = true
          return work(lock)
        }, wait.signal),
      )
      this.#last = turn
        .then(resolve, reject)
        .finally(() => signals.forEach((each) => each.removeEventListener('abort', stop)))
    })
  }

  /**
   * The same for work that only reads: it is done without the lock where there is none and none can be made, as on a
   * read-only file system, for nobody else could take it there either.
   */
  async holdToRead<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const state = { begun: false }
    try {
      return await this.hold(() => {
        state.begun = true
        return work()
      }, signal)
    } catch (error) {
      if (state.begun || !isNotWritable(error) || (await lstatIfThere(this.path))) throw error
      return work()
    }
  }

  async #alone<T>(work: (lock: FileLock) => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      signal.throwIfAborted()
      const lock = await this.#wait(signal)
      signal.throwIfAborted()
      return await work(lock)
    } finally {
      if (--this.#due > 0) this.#kept?.pause()
      else await this.#drop()
    }
  }

  async #wait(signal: AbortSignal): Promise<FileLock> {
    const began = performance.now()
    let told = false
    const attempt = async (): Promise<FileLock | undefined> => {
      const lock = await this.#take()
      const waited = performance.now() - began
      if (lock || waited < Math.min(lockPatience.notice, lockPatience.total)) return lock
      if (waited >= lockPatience.total) throw locked(this.path, waited, await lockHolder(this.path))
      if (!told) {
        told = true
        const holder = holderWords(await lockHolder(this.path))
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
    this.#kept ??= await FileLock.take(this.path, { asItIs: true })
    return this.#kept
  }

  async #drop(): Promise<void> {
    const kept = this.#kept
    this.#kept = undefined
    await kept?.release()
  }
}

const stopped = (reason: unknown): WindlassError =>
  reason instanceof WindlassError
    ? reason
    : new WindlassError('CANCELLED', 'Stopped waiting for the lock of the store', { cause: reason })

function locked(path: string, waited: number, holder: LockHolder): WindlassError {
  const seconds = (waited / 1_000).toFixed(0)
  return new WindlassError(
    'STORE_LOCKED',
    `Waited ${seconds} s for the lock of the store, which ${holderWords(holder)} holds, at ${path}`,
    { path, hint: holderHint(holder, path) },
  )
}
