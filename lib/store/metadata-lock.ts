/**
 * The lock under which what several processes write is read and written again: `index.json`, the records of
 * layers, what a run holds. Held for moments only. Those of one process queue up before they ask the kernel.
 */
import { WindlassError } from '../errors.js'
import { FileLock } from './file-lock.js'
import { storeError } from './store-error.js'
import { waitFor } from './waiting.js'

/** Milliseconds. Whoever holds the lock for longer than a disk can take to sync was stopped. */
const patience = 120_000

export class MetadataLock {
  #last: Promise<unknown> = Promise.resolve()
  /** Holds that have not ended. */
  #due = 0
  /** Kept open for the next hold, where one waits here. */
  #kept: FileLock | undefined

  constructor(private readonly path: string) {}

  /** Does `work` while no other process and nobody else here does. */
  hold<T>(work: (lock: FileLock) => Promise<T>): Promise<T> {
    this.#due++
    const turn = this.#last.then(() => this.#alone(work))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #alone<T>(work: (lock: FileLock) => Promise<T>): Promise<T> {
    const signal = AbortSignal.timeout(patience)
    try {
      const lock = await waitFor(() => this.#take(), signal).catch((error: unknown) => {
        if (signal.aborted) throw locked(this.path)
        throw storeError(error, 'take the lock of the store', this.path)
      })
      return await work(lock)
    } finally {
      if (--this.#due > 0) this.#kept?.pause()
      else await this.#drop()
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

const locked = (path: string): WindlassError =>
  new WindlassError(
    'STORE_LOCKED',
    `Another process has kept the store locked for ${patience / 1000} s, at ${path}`,
    {
      path,
      hint: `See who that is (fuser -v ${path}), and let it end.`,
    },
  )
