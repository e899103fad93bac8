/** How a puller waits for locks of its store: who hears of it, and what ends the waits. */
import { WindlassError } from '../lib/errors.js'
import { type MetadataLockOptions, storeLocked } from '../lib/store/index.js'

export interface StoreWarning {
  /** `store-locked` while the lock of the store is waited for, `no-store`; `store` for all else. */
  readonly code: string
  readonly message: string
}

export class StoreWaiting {
  readonly #stop = new AbortController()
  readonly #pulls = new Set<{ warn(warning: StoreWarning): void }>()

  constructor(private readonly listener: ((message: string, code: string) => void) | undefined) {}

  readonly signal: AbortSignal = this.#stop.signal

  /** Tells the listeners of the pulls that wait, else of the puller. */
  readonly onWarning = (message: string, code = 'store'): void => {
    if (code !== storeLocked || this.#pulls.size === 0) this.listener?.(message, code)
    else for (const pull of this.#pulls) pull.warn({ code, message })
  }

  /** Has `pull` told until it has ended. */
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

/** The same, ended by `signal` as well. */
export function waitingUntil(
  { signal: own, onWarning }: Pick<StoreWaiting, 'signal' | 'onWarning'>,
  signal: AbortSignal | undefined,
): MetadataLockOptions {
  return { signal: signal ? AbortSignal.any([signal, own]) : own, warn: onWarning }
}
