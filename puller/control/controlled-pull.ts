/** Provides `ControlledPull`, a running pull that can be paused, and whose priority can be changed. */
import { WorkControl } from '../../lib/flow/index.js'
import type { PulledImage } from '../../lib/stages/index.js'
import { checkArgument } from '../options/check-options.js'
import { finiteNumber } from '../options/option-codecs.js'
import { type Pull, PullRun, type PullStart } from '../pull-run.js'

/** Parameters of a `ControlledPull`. */
export type ControlledPullStart = Omit<PullStart<PulledImage>, 'what' | 'prepare'> & {
  /** Returns the flow to run. Its stages obey `control`. */
  readonly prepare: (control: WorkControl) => ReturnType<PullStart<PulledImage>['prepare']>
}

/** Runs a pull from its construction on. */
export class ControlledPull extends PullRun implements Pull {
  readonly #control: WorkControl

  constructor({ prepare, ...start }: ControlledPullStart) {
    const control = new WorkControl()
    super({ ...start, what: 'pull', prepare: () => prepare(control) })
    this.#control = control
  }

  get priority(): number {
    return this.#control.priority
  }

  set priority(priority: number) {
    checkArgument('priority of a pull', 'number', finiteNumber, priority)
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
