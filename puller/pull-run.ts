/** Runs a pull or a copy, with its events, its result and its cancellation. */
import type { Observable } from 'rxjs'
import { isMachineWarning } from '../lib/archive/index.js'
import { WindlassError } from '../lib/errors.js'
import { PullEventLog, type PullEvent, type PullEventBody, toPullEvent } from '../lib/events/index.js'
import { type Flow, type Run, Scope, run, untilAborted } from '../lib/flow/index.js'
import { type PulledImage } from '../lib/stages/index.js'
import { checkOptions } from './options/check-options.js'
import { FailedStage } from './failed-stage.js'
import { closeTable } from './options/option-table.js'
import type { CloseOptions } from './options/options.js'
import type { StoreWarning } from './store-waiting.js'
import { cancelled } from '../pipelines/only.js'
import { endsWithin } from './within.js'

/** A running pull. */
export interface Pull {
  /** Id of the pull. Every event carries it. */
  readonly id: string
  /** All events of the pull; a late subscriber first receives the current state. Completes with the pull. */
  readonly events: Observable<PullEvent>
  /** The image, once it is in the store. Rejects with a WindlassError. */
  readonly done: Promise<PulledImage>
  /** Cancels the pull; `done` rejects with CANCELLED. */
  cancel(reason?: unknown): void
  /**
   * Resolves when the pull has released all its resources.
   * @throws StillRunningError when this takes longer than `within`, with the names of the stages that still run; USAGE
   * for an invalid option
   */
  closed(options?: CloseOptions): Promise<void>
}

/** Parameters of a `PullRun`. */
export interface PullStart<Result> {
  /** What runs, for messages. */
  readonly what: 'pull' | 'copy'
  /** Undefined for a pull that cannot start. */
  readonly start: (PullEventBody & { readonly type: 'start' }) | undefined
  readonly signal: AbortSignal | undefined
  /** Returns the flow to run. It emits one result. */
  readonly prepare: () => Promise<Flow<Result>>
}

/** Runs a pull, or a copy, from its construction on. */
export class PullRun<Result = PulledImage> implements Omit<Pull, 'done'> {
  readonly id: string
  readonly events: Observable<PullEvent>
  readonly done: Promise<Result>
  readonly #what: PullStart<Result>['what']
  readonly #channel = new PullEventLog()
  readonly #scope = new Scope()
  readonly #stop = new AbortController()
  readonly #began = performance.now()
  readonly #failed = new FailedStage()
  #run: Run | undefined

  constructor({ what, start, signal, prepare }: PullStart<Result>) {
    this.#what = what
    this.id = this.#channel.id
    this.events = this.#channel.events
    if (start) this.#channel.emit(start)
    const ofMachine = new Set<string>()
    this.#scope.events.subscribe((event) => {
      this.#failed.see(event)
      const body = toPullEvent(event)
      if (!body) return
      // A limitation of the machine affects every layer, so each kind is reported once.
      if (body.type === 'warning' && isMachineWarning(body.code)) {
        if (ofMachine.has(body.code)) return
        ofMachine.add(body.code)
      }
      this.#channel.emit(body)
    })
    const onAbort = (): void => this.cancel(signal?.reason)
    if (signal?.aborted) onAbort()
    else signal?.addEventListener('abort', onAbort, { once: true })
    this.done = this.#go(prepare).finally(() => signal?.removeEventListener('abort', onAbort))
    this.done.catch(() => undefined) // the events report the error as well
  }

  cancel(reason?: unknown): void {
    this.#stop.abort(reason)
    this.#run?.cancel(reason)
  }

  /** Emits a warning about the store as an event of this pull. */
  warn({ code, message }: StoreWarning): void {
    this.#channel.emit({ type: 'warning', code, message })
  }

  async closed(options: CloseOptions = {}): Promise<void> {
    checkOptions('closed', closeTable, options)
    return endsWithin(this.#closed(), options.within, () => this.running)
  }

  /** Labels of what still runs. */
  get running(): readonly string[] {
    return this.#run ? this.#scope.running : ['opening the store']
  }

  async #closed(): Promise<void> {
    await this.done.catch(() => undefined)
    await this.#run?.closed()
    await this.#scope.close()
  }

  async #go(prepare: PullStart<Result>['prepare']): Promise<Result> {
    try {
      const flow = await untilAborted(prepare(), this.#stop.signal)
      this.#assertNotCancelled()
      const results: Result[] = []
      this.#run = run(flow, (result) => [results.push(result)], this.#scope)
      await this.#run.done
      const [result] = results
      if (result === undefined)
        throw new WindlassError('INTERNAL', `The ${this.#what} ended without a result`)
      this.#channel.end(undefined, this.#duration)
      return result
    } catch (caught) {
      const error = this.#stop.signal.aborted ? cancelled(caught, this.#what) : this.#failed.report(caught)
      this.#channel.end(error, this.#duration)
      throw error
    }
  }

  /** Milliseconds since the start. */
  get #duration(): number {
    return Math.round(performance.now() - this.#began)
  }

  #assertNotCancelled(): void {
    if (this.#stop.signal.aborted) throw cancelled(this.#stop.signal.reason, this.#what)
  }
}
