/**
 * Runs several pulls as one operation: a list of names, all tags of a repository, or all platforms of an index. Each
 * pull has its own events; the set has one result.
 */
import { Observable, type Subscriber } from 'rxjs'
import { asWindlassError } from '../lib/errors.js'
import { type Flow, type Run, Scope, run } from '../lib/flow/index.js'
import { ListenerGuard } from '../lib/flow/lifetime/listener-guard.js'
import { checkArgument, checkOptions } from './options/check-options.js'
import { finiteNumber } from './options/option-codecs.js'
import { cancelledError } from '../pipelines/run-for-result.js'
import { closeTable } from './options/option-table.js'
import type { CloseOptions } from './options/options.js'
import type { PulledImage } from '../lib/stages/index.js'
import type { RunningPull } from '../pipelines/each-pull.js'
import type { Pull } from './pull-run.js'
import { waitWithin } from './within.js'

/** A pull of the set. Its name is the normalised name of the image, with the platform if the set has several of one image. */
export interface StartedPull<Image = PulledImage> {
  readonly name: string
  readonly pull: RunOf<Image>
}

/** A pull, or a copy, whose result is an `Image`. */
export interface RunOf<Image> extends Omit<Pull, 'done'> {
  /** The image. Rejects with a WindlassError. */
  readonly done: Promise<Image>
}

/** Several pulls that run as one operation; with another `Image`, several copies. */
export interface PullSet<Result, Image = PulledImage> {
  /** Emits each pull when it starts; a late subscriber first receives the running ones. Completes with the set. */
  readonly each: Observable<StartedPull<Image>>
  /** The result of all pulls. Rejects with a WindlassError. */
  readonly done: Promise<Result>
  /**
   * Priority of all pulls of the set, also of those that start later (0). Setting it replaces the priority that a pull was
   * given by itself.
   * @throws USAGE when it is set to a value that is not a finite number
   */
  priority: number
  /**
   * Pauses all pulls of the set, as `Pull.pause` does, also those that start later. Lists of names or platforms that are
   * being read are read to their end. No effect on a paused or ended set.
   */
  pause(): void
  /** Ends the pause of all pulls of the set. */
  resume(): void
  /** Cancels all pulls; `done` rejects with CANCELLED. */
  cancel(reason?: unknown): void
  /**
   * Resolves when all pulls have released their resources.
   * @throws StillRunningError when this takes longer than `within`, with the names of what still runs; USAGE for an
   * invalid option
   */
  closed(options?: CloseOptions): Promise<void>
}

/**
 * Emits a pull in `each`. Until the pull has closed, late subscribers receive it too. Returns the pull, whose `closed`
 * must be called.
 */
export type AnnouncePull<Image = PulledImage> = (started: StartedPull<Image>) => RunningPull<Image>

/** Parameters of a `PullSetRun`. */
export interface PullSetStart<Result, Image = PulledImage> {
  readonly signal: AbortSignal | undefined
  /** Names the operation in messages (`pull`). */
  readonly what?: 'pull' | 'sync'
  /** Releases what the pulls share. Called when all of them have ended. */
  readonly release?: () => unknown
  /** Returns the flow that the set runs. It emits one result. */
  readonly prepare: (announce: AnnouncePull<Image>, signal: AbortSignal) => Promise<Flow<Result>>
}

/** Runs a set of pulls from its construction on. */
export class PullSetRun<Result, Image = PulledImage> implements PullSet<Result, Image> {
  readonly each: Observable<StartedPull<Image>>
  readonly done: Promise<Result>
  readonly #scope = new Scope()
  readonly #stop = new AbortController()
  readonly #active = new Set<StartedPull<Image>>()
  readonly #listeners = new Set<Subscriber<StartedPull<Image>>>()
  #isOver = false
  #isPaused = false
  #priority = 0
  readonly #what: 'pull' | 'sync'
  #run: Run | undefined

  constructor({ signal, what = 'pull', release, prepare }: PullSetStart<Result, Image>) {
    this.#what = what
    if (release) this.#scope.defer(release, 'closing the source')
    this.each = new ListenerGuard(
      new Observable<StartedPull<Image>>((listener) => this.#subscribe(listener)),
      (error) => this.#scope.emit({ type: 'listener-failed', error }),
    )
    const onAbort = (): void => this.cancel(signal?.reason)
    if (signal?.aborted) onAbort()
    else signal?.addEventListener('abort', onAbort, { once: true })
    this.done = this.#runFlow(prepare).finally(() => {
      signal?.removeEventListener('abort', onAbort)
      this.#isOver = true
      for (const listener of this.#listeners) listener.complete()
    })
    this.done.catch(() => undefined) // each failed pull reports its own error as well
  }

  get priority(): number {
    return this.#priority
  }

  set priority(priority: number) {
    checkArgument('priority of a set', 'number', finiteNumber, priority)
    this.#priority = priority
    for (const { pull } of this.#active) pull.priority = priority
  }

  pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    for (const { pull } of this.#active) pull.pause()
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    for (const { pull } of this.#active) pull.resume()
  }

  cancel(reason?: unknown): void {
    this.#stop.abort(reason)
    this.#run?.cancel(reason)
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

  #subscribe(listener: Subscriber<StartedPull<Image>>): void {
    for (const started of this.#active) listener.next(started)
    if (this.#isOver) {
      listener.complete()
      return
    }
    this.#listeners.add(listener)
    listener.add(() => this.#listeners.delete(listener))
  }

  readonly #announce: AnnouncePull<Image> = (started) => {
    const { pull } = started
    this.#active.add(started)
    if (this.#priority !== 0) pull.priority = this.#priority
    if (this.#isPaused) pull.pause()
    for (const listener of [...this.#listeners]) listener.next(started)
    return {
      done: pull.done,
      cancel: (reason) => pull.cancel(reason),
      closed: async () => {
        await pull.closed()
        this.#active.delete(started)
      },
    }
  }

  async #runFlow(prepare: PullSetStart<Result, Image>['prepare']): Promise<Result> {
    try {
      const flow = await prepare(this.#announce, this.#stop.signal)
      if (this.#stop.signal.aborted) throw cancelledError(this.#stop.signal.reason, this.#what)
      const results: Result[] = []
      this.#run = run(flow, (result) => [results.push(result)], this.#scope)
      await this.#run.done
      return results[0]! // the flow emits exactly one result
    } catch (caught) {
      throw this.#stop.signal.aborted ? cancelledError(caught, this.#what) : asWindlassError(caught)
    }
  }
}
