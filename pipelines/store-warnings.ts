/** Who hears what there is to tell of the store: the listeners of the pulls that wait for it, or of the puller. */
import { storeLocked } from '../lib/store/index.js'

export interface StoreWarning {
  /** `store-locked` while the lock of the store is waited for; `store` for all else. */
  readonly code: string
  readonly message: string
}

export class StoreWarnings {
  readonly #pulls = new Set<{ warn(warning: StoreWarning): void }>()

  constructor(private readonly onWarning: ((message: string) => void) | undefined) {}

  tell(warning: StoreWarning): void {
    if (warning.code !== storeLocked || this.#pulls.size === 0) this.onWarning?.(warning.message)
    else for (const pull of this.#pulls) pull.warn(warning)
  }

  /** Has `pull` told until it is closed. */
  add(pull: { warn(warning: StoreWarning): void; readonly done: Promise<unknown> }): void {
    this.#pulls.add(pull)
    const ended = (): unknown => this.#pulls.delete(pull)
    pull.done.then(ended, ended)
  }
}
