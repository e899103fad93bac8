/** Runs a stage between an instrumented source and a reader that the test controls. */
import { defer, finalize, map, Subject, type Subscription, tap } from 'rxjs'
import { Flow, type FlowNotice, Scope, type Stage } from '../flow/index.js'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const problemTypes: ReadonlySet<string> = new Set<FlowNotice['type']>([
  'dead-letter',
  'cleanup-failed',
  'supervisor-failed',
])

/** Options of a `Trial`. */
export interface TrialOptions {
  /** Emit every other element of the source asynchronously. Default: false. */
  readonly slowSource?: boolean
  /** Number of elements after which the source fails. */
  readonly failAfter?: number
}

/** One run of a stage. */
export class Trial<In, Out> {
  readonly scope = new Scope()
  readonly outputs: Out[] = []
  /** Number of outputs requested. */
  requested = 0
  /** Number of inputs that the stage has received. */
  received = 0
  /** Number of sources that the stage has opened. */
  opened = 0
  /** Number of sources that the stage has closed. */
  released = 0
  /** How the stage ended, and the number of sources that were still open then. */
  end: { readonly kind: 'complete' | 'error'; readonly stillOpen: number } | undefined
  /** Number of times that the stage has completed or failed. */
  ends = 0
  /** Error of the stage that is not the error of the source. */
  failure: unknown
  /** Problems that had no receiver: dead letters, and cleanups and supervisors that failed. */
  readonly problems: string[] = []
  readonly #sourceError = new Error('the source failed as planned')
  readonly #demand = new Subject<number>()
  readonly #reading: Subscription

  constructor(stage: Stage<In, Out>, inputs: readonly In[], { slowSource, failAfter }: TrialOptions = {}) {
    this.scope.events.subscribe(({ type, error }) => {
      if (problemTypes.has(type) && !isCausedBy(error, this.#sourceError))
        this.problems.push(`${type}: ${String(error)}`)
    })
    const items = slowSource === true ? slowly(inputs) : inputs
    const source = new Flow<In>(
      (demand, scope) =>
        defer(() => {
          this.opened++
          return Flow.from(items)
            .open(demand, scope)
            .pipe(
              map((input, index) => {
                if (index === failAfter) throw this.#sourceError
                return input
              }),
              tap(() => this.received++),
              finalize(() => this.released++),
            )
        }),
      'trial source',
    )
    const ended =
      (kind: 'complete' | 'error') =>
      (error?: unknown): void => {
        this.ends++
        if (!isCausedBy(error, this.#sourceError)) this.failure = error
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

  /** Requests `count` more outputs. */
  request(count: number): void {
    this.requested += count
    this.#demand.next(count)
  }

  /** Unsubscribes from the stage. */
  unsubscribe(): void {
    this.#reading.unsubscribe()
  }

  /** Waits for `turns` turns of the event loop and calls `check` after each. */
  async waitTurns(turns: number, check: () => void = () => undefined): Promise<void> {
    for (let count = 0; count < turns; count++) {
      await turn()
      check()
    }
  }

  /**
   * Waits until `state` is true or the stage has ended, and calls `check` after each turn of the event loop. Resolves
   * to false after `timeout` milliseconds.
   */
  async waitUntil(
    state: () => boolean,
    timeout: number,
    check: () => void = () => undefined,
  ): Promise<boolean> {
    const limit = performance.now() + timeout
    while (!state() && this.end === undefined) {
      if (performance.now() > limit) return false
      await turn()
      check()
    }
    return true
  }
}

/** Whether `error` is `cause`, or was caused by it. */
const isCausedBy = (error: unknown, cause: Error): boolean =>
  error === cause || (error instanceof Error && isCausedBy(error.cause, cause))

async function* slowly<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const [index, item] of items.entries()) {
    if (index % 2 === 1) await turn()
    yield item
  }
}
