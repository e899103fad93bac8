/** One stage under trial: fed by a source that counts, read by a reader who asks when told to. */
import { defer, finalize, map, Subject, type Subscription, tap } from 'rxjs'
import { Flow, Scope, type Stage } from '../flow/index.js'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export interface TrialOptions {
  /** Every other element comes later, not at once. */
  readonly slowSource?: boolean
  /** The source fails after so many elements. */
  readonly failAfter?: number
}

export class Trial<In, Out> {
  readonly scope = new Scope()
  readonly outputs: Out[] = []
  asked = 0
  pulled = 0
  opened = 0
  released = 0
  /** How it ended, and how many sources were still open when that was told. */
  end: { readonly kind: 'complete' | 'error'; readonly stillOpen: number } | undefined
  ends = 0
  /** What it failed with, where the trial did not want it to. */
  failure: unknown
  readonly #demand = new Subject<number>()
  readonly #reading: Subscription

  constructor(stage: Stage<In, Out>, inputs: readonly In[], { slowSource, failAfter }: TrialOptions = {}) {
    const items = slowSource === true ? slowly(inputs) : inputs
    const source = new Flow<In>(
      (demand, scope) =>
        defer(() => {
          this.opened++
          return Flow.from(items)
            .open(demand, scope)
            .pipe(
              map((input, index) => {
                if (index === failAfter) throw new Error('the source failed, as the trial wanted')
                return input
              }),
              tap(() => this.pulled++),
              finalize(() => this.released++),
            )
        }),
      'trial source',
    )
    const ended =
      (kind: 'complete' | 'error') =>
      (error?: unknown): void => {
        this.ends++
        if (failAfter === undefined) this.failure = error
        this.end = { kind, stillOpen: this.opened - this.released }
      }
    this.#reading = stage(source)
      .open(this.#demand, this.scope)
      .subscribe({
        next: (output) => this.outputs.push(output),
        error: ended('error'),
        complete: ended('complete'),
      })
  }

  ask(count: number): void {
    this.asked += count
    this.#demand.next(count)
  }

  leave(): void {
    this.#reading.unsubscribe()
  }

  /** Gives the stage `turns` turns of the event loop; `check` looks at it after each. */
  async idle(turns: number, check: () => void = () => undefined): Promise<void> {
    for (let count = 0; count < turns; count++) {
      await turn()
      check()
    }
  }

  /** Waits until `state` holds or the stage has ended; false if neither happens within `patience` milliseconds. */
  async until(state: () => boolean, patience: number, check: () => void = () => undefined): Promise<boolean> {
    const limit = performance.now() + patience
    while (!state() && this.end === undefined) {
      if (performance.now() > limit) return false
      await turn()
      check()
    }
    return true
  }
}

async function* slowly<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const [index, item] of items.entries()) {
    if (index % 2 === 1) await turn()
    yield item
  }
}
