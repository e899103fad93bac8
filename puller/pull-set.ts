/**
 * Several pulls that are one piece of work: the tags of a repository, the platforms of an index. Each has events of its
 * own; together they have one result and one end.
 */
import { Observable, type Subscriber } from 'rxjs'
import { asWindlassError } from '../lib/errors.js'
import { type Flow, type Run, Scope, run } from '../lib/flow/index.js'
import { ListenerGuard } from '../lib/flow/lifetime/listener-guard.js'
import { checkOptions } from './options/check-options.js'
import { cancelled } from '../pipelines/only.js'
import { closeTable } from './options/option-table.js'
import type { CloseOptions } from './options/options.js'
import type { RunningPull } from '../pipelines/each-pull.js'
import type { Pull } from './pull-run.js'
import { endsWithin } from './within.js'

/** One of the pulls, and the normalised name that it pulls. */
export interface StartedPull {
  readonly name: string
  readonly pull: Pull
}

/** Several pulls that were started as one: each of them, their one result, and how to end them. */
export interface PullSet<Result> {
  /** Each pull as it starts; a late subscriber gets first those that are under way. Completes with the set. */
  readonly each: Observable<StartedPull>
  /** What came of all of them. Rejects with a WindlassError. */
  readonly done: Promise<Result>
  /** Asks all of them to end; `done` rejects with CANCELLED. */
  cancel(reason?: unknown): void
  /**
   * Settles when all that they had under way is cleared away.
   * @throws StillRunningError with `within`, naming what has not ended by then; USAGE for a wrong option
   */
  closed(options?: CloseOptions): Promise<void>
}

/** Shows a pull to whoever follows the set, until it is cleared away. Returns the pull. */
export type Announce = (started: StartedPull) => RunningPull

export interface PullSetStart<Result> {
  readonly signal: AbortSignal | undefined
  /** What the set reads to its end: one result. */
  readonly prepare: (announce: Announce, signal: AbortSignal) => Promise<Flow<Result>>
}

export class PullSetRun<Result> implements PullSet<Result> {
  readonly each: Observable<StartedPull>
  readonly done: Promise<Result>
  readonly #scope = new Scope()
  readonly #stop = new AbortController()
  readonly #underWay = new Set<StartedPull>()
  readonly #listeners = new Set<Subscriber<StartedPull>>()
  #over = false
  #run: Run | undefined

  constructor({ signal, prepare }: PullSetStart<Result>) {
    this.each = new ListenerGuard(
      new Observable<StartedPull>((listener) => this.#welcome(listener)),
      (error) => this.#scope.emit({ type: 'listener-failed', error }),
    )
    const onAbort = (): void => this.cancel(signal?.reason)
    if (signal?.aborted) onAbort()
    else signal?.addEventListener('abort', onAbort, { once: true })
    this.done = this.#go(prepare).finally(() => {
      signal?.removeEventListener('abort', onAbort)
      this.#over = true
      for (const listener of this.#listeners) listener.complete()
    })
    this.done.catch(() => undefined) // whoever only follows each of them is told there
  }

  cancel(reason?: unknown): void {
    this.#stop.abort(reason)
    this.#run?.cancel(reason)
  }

  async closed(options: CloseOptions = {}): Promise<void> {
    checkOptions('closed', closeTable, options)
    return endsWithin(this.#closed(), options.within, () => this.running)
  }

  /** Labels of what has not ended. */
  get running(): readonly string[] {
    return this.#run ? this.#scope.running : ['opening the store']
  }

  async #closed(): Promise<void> {
    await this.done.catch(() => undefined)
    await this.#run?.closed()
    await this.#scope.close()
  }

  #welcome(listener: Subscriber<StartedPull>): void {
    for (const started of this.#underWay) listener.next(started)
    if (this.#over) {
      listener.complete()
      return
    }
    this.#listeners.add(listener)
    listener.add(() => this.#listeners.delete(listener))
  }

  readonly #announce: Announce = (started) => {
    this.#underWay.add(started)
    for (const listener of [...this.#listeners]) listener.next(started)
    const { pull } = started
    return {
      done: pull.done,
      cancel: (reason) => pull.cancel(reason),
      closed: async () => {
        await pull.closed()
        this.#underWay.delete(started)
      },
    }
  }

  async #go(prepare: PullSetStart<Result>['prepare']): Promise<Result> {
    try {
      const flow = await prepare(this.#announce, this.#stop.signal)
      if (this.#stop.signal.aborted) throw cancelled(this.#stop.signal.reason, 'pull')
      const results: Result[] = []
      this.#run = run(flow, (result) => [results.push(result)], this.#scope)
      await this.#run.done
      return results[0]! // the flow's one, as prepare promises
    } catch (caught) {
      throw this.#stop.signal.aborted ? cancelled(caught, 'pull') : asWindlassError(caught)
    }
  }
}
