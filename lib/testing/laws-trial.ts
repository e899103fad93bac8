/** Runs a stage between a source that counts its events and a reader that the test controls. */
import { defer, finalize, map, Subject, type Subscription, tap } from 'rxjs'
import { Flow, type FlowNotice, Scope, type Stage } from '../flow/index.js'

const nextEventLoopTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Types of notices about errors that no reader receives. */
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
  /** How the stage ended, and the number of its sources that were still open then. Undefined before it ends. */
  end: { readonly kind: 'complete' | 'error'; readonly stillOpen: number } | undefined
  /** Number of times that the stage has completed or failed. */
  endCount = 0
  /** Error of the stage; undefined if it was caused by the planned error of the source. */
  failure: unknown
  /** Errors that no reader received: dead letters, and failures of cleanups and supervisors. */
  readonly problems: string[] = []
  readonly #sourceError = new Error('the source failed as planned')
  readonly #demand = new Subject<number>()
  readonly #reading: Subscription

  constructor(stage: Stage<In, Out>, inputs: readonly In[], { slowSource, failAfter }: TrialOptions = {}) {
    this.scope.events.subscribe(({ type, error }) => {
      if (problemTypes.has(type) && !isCausedBy(error, this.#sourceError))
        this.problems.push(`${type}: ${String(error)}`)
    })
    const items = slowSource === true ? emitSlowly(inputs) : inputs
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
    const recordEnd =
      (kind: 'complete' | 'error') =>
      (error?: unknown): void => {
        this.endCount++
        if (!isCausedBy(error, this.#sourceError)) this.failure = error
        this.end = { kind, stillOpen: this.opened - this.released }
      }
    this.#reading = stage(source)
      .open(this.#demand, this.scope)
      .subscribe({
        next: (output) => this.outputs.push(output),
        error: recordEnd('error'),
        complete: recordEnd('complete'),
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

  /** Waits for a number of turns of the event loop and calls `check` after each. */
  async waitEventLoopTurns(turns: number, check: () => void = () => undefined): Promise<void> {
    for (let count = 0; count < turns; count++) {
      await nextEventLoopTurn()
      check()
    }
  }

  /**
   * Waits until `isReached` returns true or the stage has ended, and calls `check` after each turn of the event loop.
   * Resolves to false after `timeout` milliseconds.
   */
  async waitUntil(
    isReached: () => boolean,
    timeout: number,
    check: () => void = () => undefined,
  ): Promise<boolean> {
    const deadline = performance.now() + timeout
    while (!isReached() && this.end === undefined) {
      if (performance.now() > deadline) return false
      await nextEventLoopTurn()
      check()
    }
    return true
  }
}

/** Reports whether `error` is `cause` or has it among its causes. */
const isCausedBy = (error: unknown, cause: Error): boolean =>
  error === cause || (error instanceof Error && isCausedBy(error.cause, cause))

/** Yields every other item asynchronously. */
async function* emitSlowly<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const [index, item] of items.entries()) {
    if (index % 2 === 1) await nextEventLoopTurn()
    yield item
  }
}
