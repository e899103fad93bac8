/** What there is to tell of the store, such as who holds its lock: to the pulls that run, else to whoever listens. */
import type { Observable } from 'rxjs'
import { Subject } from 'rxjs'

export interface StoreWarning {
  /** `store-locked` while the lock of the store is waited for; `store` for all else. */
  readonly code: string
  readonly message: string
}

export class StoreWarnings {
  readonly #pulls = new Set<{ warn(warning: StoreWarning): void }>()
  readonly #others = new Subject<StoreWarning>()
  /** What no pull tells. */
  readonly others: Observable<StoreWarning> = this.#others.asObservable()

  tell(warning: StoreWarning): void {
    if (this.#pulls.size === 0) this.#others.next(warning)
    for (const pull of this.#pulls) pull.warn(warning)
  }

  /** Has `pull` told until it is closed. */
  add(pull: { warn(warning: StoreWarning): void; closed(): Promise<void> }): void {
    this.#pulls.add(pull)
    void pull.closed().finally(() => this.#pulls.delete(pull))
  }
}
