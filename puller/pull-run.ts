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
import { cancelledError } from '../pipelines/run-for-result.js'
import { waitWithin } from './within.js'

/** A running pull. */
export interface Pull {
  /** Id of the pull. Every event carries it. */
  readonly id: string
  /** All events of the pull; a late subscriber first receives the current state. Completes with the pull. */
  readonly events: Observable<PullEvent>
  /** The image, once it is in the store. Rejects with a WindlassError. */
  readonly done: Promise<PulledImage>
  /**
   * Priority of the downloads and unpacks of this pull (0). A free slot goes to the pull with the highest number. A
   * change applies to waiting work, not to work in progress. A layer that several pulls share has their highest
   * priority.
   * @throws USAGE when it is set to a value that is not a finite number
   */
  priority: number
  /**
   * Pauses the pull and emits the event `paused`. Its transfers stop within 250 ms and their slots become free.
   * Received bytes are kept. A layer that another, running pull also needs continues. Steps other than transfers and
   * unpacking continue, so the pull may still end. No effect on a paused or ended pull.
   */
  pause(): void
  /** Ends a pause and emits the event `resumed`. Downloads resume; interrupted unpacks start over. */
  resume(): void
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
  /** Names the operation in messages. */
  readonly what: 'pull' | 'copy'
  /** The first event; undefined for a pull that cannot start. */
  readonly start: (PullEventBody & { readonly type: 'start' }) | undefined
  readonly signal: AbortSignal | undefined
  /** Whether requests are reported as events (false). */
  readonly requestEvents?: boolean | undefined
  /** Releases what the run used. Called when everything else of it has ended. */
  readonly release?: (() => unknown) | undefined
  /** Returns the flow to run. It emits one result. */
  readonly prepare: (started: StartedWork) => Promise<Flow<Result>>
}

/** What the preparation of a run may use. */
export interface StartedWork {
  /** Aborts when the run is cancelled. */
  readonly signal: AbortSignal
  /** Emits a warning as an event of the run. */
  readonly onWarning: (code: string, message: string) => void
}

/** Runs a pull, or a copy, from its construction on. */
export class PullRun<Result = PulledImage> implements Omit<Pull, 'done' | 'priority' | 'pause' | 'resume'> {
  readonly id: string
  readonly events: Observable<PullEvent>
  readonly done: Promise<Result>
  readonly #what: PullStart<Result>['what']
  readonly #eventLog = new PullEventLog()
  readonly #scope = new Scope()
  readonly #stop = new AbortController()
  readonly #startedAt = performance.now()
  readonly #failedStage = new FailedStage()
  #run: Run | undefined
  #ended = false

  constructor({ what, start, signal, requestEvents = false, release, prepare }: PullStart<Result>) {
    this.#what = what
    this.id = this.#eventLog.id
    this.events = this.#eventLog.events
    if (start) this.#eventLog.emit(start)
    if (release) this.#scope.defer(release, 'closing the source')
    const reportedWarnings = new Set<string>()
    this.#scope.events.subscribe((event) => {
      this.#failedStage.record(event)
      const body = toPullEvent(event)
      if (!body || (body.type === 'request' && !requestEvents)) return
      // A limitation of the machine affects every layer. Each kind is reported once per pull.
      if (body.type === 'warning' && isMachineWarning(body.code)) {
        if (reportedWarnings.has(body.code)) return
        reportedWarnings.add(body.code)
      }
      this.#eventLog.emit(body)
    })
    const onAbort = (): void => this.cancel(signal?.reason)
    if (signal?.aborted) onAbort()
    else signal?.addEventListener('abort', onAbort, { once: true })
    this.done = this.#runFlow(prepare).finally(() => signal?.removeEventListener('abort', onAbort))
    this.done.catch(() => undefined) // the events report the error as well
  }

  cancel(reason?: unknown): void {
    this.#stop.abort(reason)
    this.#run?.cancel(reason)
  }

  /** Emits a warning about the store as an event of this pull. */
  warn({ code, message }: StoreWarning): void {
    this.report({ type: 'warning', code, message })
  }

  /** Whether the pull has succeeded or failed. */
  protected get hasEnded(): boolean {
    return this.#ended
  }

  /** Emits an event of this pull. */
  protected report(body: PullEventBody): void {
    this.#eventLog.emit(body)
  }

  async closed(options: CloseOptions = {}): Promise<void> {
    checkOptions('closed', closeTable, options)
    return waitWithin(this.#closed(), options.within, () => this.running)
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

  async #runFlow(prepare: PullStart<Result>['prepare']): Promise<Result> {
    try {
      const { signal } = this.#stop
      const onWarning = (code: string, message: string): void => this.warn({ code, message })
      const flow = await untilAborted(prepare({ signal, onWarning }), signal)
      this.#assertNotCancelled()
      const results: Result[] = []
      this.#run = run(flow, (result) => [results.push(result)], this.#scope)
      await this.#run.done
      const [result] = results
      if (result === undefined)
        throw new WindlassError('STAGE_FAILED', `The ${this.#what} ended without a result`, {
          hint: 'A stage did not pass on what it received. To refuse an image, a stage must throw an error.',
        })
      this.#ended = true
      this.#eventLog.end(undefined, this.#duration)
      return result
    } catch (caught) {
      const error = this.#stop.signal.aborted
        ? cancelledError(caught, this.#what)
        : this.#failedStage.toWindlassError(caught)
      this.#ended = true
      this.#eventLog.end(error, this.#duration)
      throw error
    }
  }

  /** Milliseconds since the start. */
  get #duration(): number {
    return Math.round(performance.now() - this.#startedAt)
  }

  #assertNotCancelled(): void {
    if (this.#stop.signal.aborted) throw cancelledError(this.#stop.signal.reason, this.#what)
  }
}
