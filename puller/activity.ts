/** Provides `Activity`: what a puller does, for metrics and traces. */
import { type Observable, Subject } from 'rxjs'
import { ListenerGuard } from '../lib/flow/lifetime/listener-guard.js'
import type { LazyParts } from './lazy-parts.js'
import type { OpenOptions } from './options/options.js'
import type { Pull } from './pull-run.js'

/** A pull or a copy that has started. */
export type StartedRun = Pick<Pull, 'id' | 'events'>

/** Number of jobs that hold a slot, and of jobs that wait for one. */
export interface SlotLoad {
  readonly active: number
  readonly waiting: number
}

/** What a puller does at one moment. */
export interface PullerLoad {
  readonly downloads: SlotLoad
  readonly unpacks: SlotLoad
  /** Number of bytes of blobs that were received from registries since the puller was opened. Never falls. */
  readonly received: number
}

const idle: SlotLoad = { active: 0, waiting: 0 }

/** What a puller does. */
export class Activity {
  /**
   * Emits each pull and copy when it starts, before the call that starts it returns. Its events are complete. A listener that throws
   * is reported by `onWarning`, with the code `listener-failed`.
   */
  readonly started: Observable<StartedRun>
  readonly #started = new Subject<StartedRun>()
  readonly #parts: LazyParts
  readonly #registries: { readonly received: number }

  /** @internal */
  constructor(parts: LazyParts, registries: { readonly received: number }, { onWarning }: OpenOptions) {
    this.#parts = parts
    this.#registries = registries
    this.started = new ListenerGuard(this.#started, (error) =>
      onWarning?.(
        `A listener of the pulls threw: ${error instanceof Error ? error.message : String(error)}`,
        'listener-failed',
      ),
    )
  }

  /** Returns the present load. */
  load(): PullerLoad {
    const parts = this.#parts.opened
    return {
      downloads: parts?.downloads.load ?? idle,
      unpacks: parts?.pool.load ?? idle,
      received: this.#registries.received,
    }
  }

  /** @internal Reports that `run` has started. Returns it. */
  report<Run extends StartedRun>(run: Run): Run {
    this.#started.next(run)
    return run
  }
}
