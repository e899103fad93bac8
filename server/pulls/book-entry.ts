/** One pull of the server: its record, its events and its samples. */
import type { PastPull, PullOrder, PullRecord, PullSample, WatchedPull } from '../../lib/api/shapes.js'
import { addSample } from '../../lib/api/server-state.js'
import { type PullEvent, type PullSnapshot, emptySnapshot, reduce } from '../../lib/events/index.js'
import type { Pull } from '../../puller/index.js'
import { KeptEvents } from './kept-events.js'
import { noProgress, progressOf } from './progress.js'

/** Where a pull comes from. */
export interface BookEntryStart {
  readonly id: string
  readonly order: PullOrder
  readonly startedAt: number
  /** Undefined for a pull that an earlier server did not end. */
  readonly pull: Pull | undefined
  readonly resumes?: string | undefined
}

/** A pull that runs or has ended. */
export class BookEntry {
  readonly id: string
  readonly order: PullOrder
  readonly pull: Pull | undefined
  readonly #start: BookEntryStart
  readonly #kept = new KeptEvents()
  readonly #held = { network: 0, unpacking: 0, limit: 0, registry: 0 }
  #snapshot: PullSnapshot = emptySnapshot
  #samples: readonly PullSample[] = []
  #endedAt: number | undefined

  constructor(start: BookEntryStart) {
    this.#start = start
    this.id = start.id
    this.order = start.order
    this.pull = start.pull
    if (!start.pull) this.#endedAt = start.startedAt
  }

  get snapshot(): PullSnapshot {
    return this.#snapshot
  }

  get isRunning(): boolean {
    return this.#endedAt === undefined
  }

  /** Adds an event of the pull. */
  add(event: PullEvent): void {
    this.#kept.add(event)
    this.#snapshot = reduce(this.#snapshot, event)
    if (event.type === 'end') this.#endedAt = Date.parse(event.time)
  }

  /** Adds a sample of the last `milliseconds`. */
  sample(sample: PullSample, milliseconds: number): void {
    this.#samples = addSample(this.#samples, sample)
    if (sample.holder) this.#held[sample.holder] += milliseconds
  }

  get record(): PullRecord {
    const { id, order, startedAt, resumes } = this.#start
    return {
      ...{ id, order, startedAt, state: this.#state },
      priority: this.pull?.priority ?? order.priority ?? 0,
      progress: this.#start.pull ? progressOf(this.#snapshot, Date.now()) : noProgress,
      ...(this.#endedAt !== undefined && { endedAt: this.#endedAt }),
      ...(resumes !== undefined && { resumes }),
    }
  }

  get watched(): WatchedPull {
    return { ...this.record, events: this.#kept.all(), samples: [...this.#samples] }
  }

  /** The pull as the history keeps it. */
  get past(): PastPull {
    const { id, order, startedAt } = this.#start
    const { result, totals, error, platform, reference } = this.#snapshot
    return {
      ...{ id, order, startedAt, state: this.#state, endedAt: this.#endedAt ?? startedAt, held: this.#held },
      size: totals?.total ?? null,
      fetched: totals ? totals.fetched - (totals.total - totals.toDownload) : null,
      ...(reference !== undefined && { name: reference }),
      ...(platform !== undefined && { platform }),
      ...(result && { digest: result.digest, upToDate: result.status === 'up-to-date' }),
      ...(error && {
        error: {
          code: error.code,
          message: error.message,
          ...(error.hint !== undefined && { hint: error.hint }),
        },
      }),
    }
  }

  get #state(): PullRecord['state'] {
    if (!this.pull) return 'interrupted'
    const { phase, paused } = this.#snapshot
    if (phase === 'done' || phase === 'failed' || phase === 'cancelled') return phase
    return paused ? 'paused' : 'running'
  }
}
