/** Handles the waits of a puller for the locks of its store: reports them as warnings, and ends them on close. */
import { setMaxListeners } from 'node:events'
import { WindlassError } from '../lib/errors.js'
import { type MetadataLockOptions, storeLockedCode } from '../lib/store/index.js'

/** A warning about the store. */
export interface StoreWarning {
  /**
   * `store-locked`: another process holds the lock of the store; `no-store`: it does not exist; `store`: all others.
   */
  readonly code: string
  readonly message: string
}

/** The waits of one puller. */
export class StoreWaiting {
  readonly #stop = new AbortController()
  readonly #pulls = new Set<{ warn(warning: StoreWarning): void }>()

  constructor(private readonly listener: ((message: string, code: string) => void) | undefined) {
    // Each wait for a lock listens to this signal. Node would report more than ten of them as a leak.
    setMaxListeners(0, this.signal)
  }

  readonly signal: AbortSignal = this.#stop.signal

  /**
   * Reports a warning. A locked store is reported as an event of each running pull. If there are none, and for all
   * other warnings, the listener is called.
   */
  readonly onWarning = (message: string, code = 'store'): void => {
    if (code !== storeLockedCode || this.#pulls.size === 0) this.listener?.(message, code)
    else for (const pull of this.#pulls) pull.warn({ code, message })
  }

  /** Registers a pull until it ends. */
  add(pull: { warn(warning: StoreWarning): void; readonly done: Promise<unknown> }): void {
    this.#pulls.add(pull)
    const ended = (): unknown => this.#pulls.delete(pull)
    pull.done.then(ended, ended)
  }

  /** Ends all waits. */
  stop(): void {
    this.#stop.abort(new WindlassError('CANCELLED', 'The puller was closed'))
  }
}

/** Returns lock options for waits that end when the puller closes or `signal` aborts. */
export function metadataLockOptions(
  { signal: own, onWarning }: Pick<StoreWaiting, 'signal' | 'onWarning'>,
  signal: AbortSignal | undefined,
): MetadataLockOptions {
  return { signal: signal ? AbortSignal.any([signal, own]) : own, warn: onWarning }
}
