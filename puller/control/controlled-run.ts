/** Provides `ControlledRun`, a running pull or copy that can be paused, and whose priority can be changed. */
import { WorkControl } from '../../lib/flow/index.js'
import type { PulledImage } from '../../lib/stages/index.js'
import { checkArgument } from '../options/check-options.js'
import { finiteNumber } from '../options/option-codecs.js'
import { type Pull, PullRun, type PullStart, type StartedWork } from '../pull-run.js'

/** Parameters of a `ControlledRun`. */
export type ControlledRunStart<Result> = Omit<PullStart<Result>, 'prepare'> & {
  /** Returns the flow to run. Its stages obey `control`. */
  readonly prepare: (control: WorkControl, started: StartedWork) => ReturnType<PullStart<Result>['prepare']>
}

/** Runs a pull, or a copy, from its construction on. */
export class ControlledRun<Result = PulledImage> extends PullRun<Result> implements Omit<Pull, 'done'> {
  readonly #control: WorkControl
  readonly #what: PullStart<Result>['what']

  constructor({ prepare, ...start }: ControlledRunStart<Result>) {
    const control = new WorkControl()
    super({ ...start, prepare: (started) => prepare(control, started) })
    this.#control = control
    this.#what = start.what
  }

  get priority(): number {
    return this.#control.priority
  }

  set priority(priority: number) {
    checkArgument(`priority of a ${this.#what}`, 'number', finiteNumber, priority)
    this.#control.priority = priority
  }

  pause(): void {
    this.#setPaused(true)
  }

  resume(): void {
    this.#setPaused(false)
  }

  #setPaused(paused: boolean): void {
    if (this.#control.paused === paused || this.hasEnded) return
    this.#control.setPaused(paused)
    this.report({ type: paused ? 'paused' : 'resumed' })
  }
}
