/**
 * Shows progress as plain lines for logs and pipes: a line for each change of a status, and every few seconds a line with figures for
 * each pull.
 */
import type { Observable } from 'rxjs'
import {
  emptySnapshot,
  type PullEvent,
  type PullSnapshot,
  reduce,
  secondsLeft,
} from '../../lib/events/index.js'
import { formatBytes, formatTimeLeft } from '../../lib/quantities.js'
import { printable } from '../../lib/codec/printable.js'
import type { ProgressStream } from '../terminal/terminal.js'
import { plainLines } from './plain.js'
import { isFinished } from './layer-status.js'
import type { ProgressView, ShownPull } from './progress-view.js'
import { Rate } from './rate.js'

/** Milliseconds between two lines with figures. */
export const figuresInterval = 5_000

interface Entry {
  snapshot: PullSnapshot
  readonly rate: Rate
  readonly label: string | undefined
}

/** A view of plain lines. */
export class PlainView implements ProgressView {
  readonly #stream: ProgressStream
  readonly #entries = new Set<Entry>()
  #clock: NodeJS.Timeout | undefined

  constructor(stream: ProgressStream) {
    this.#stream = stream
  }

  add(events: Observable<PullEvent>, label?: string): ShownPull {
    const entry: Entry = { snapshot: emptySnapshot, rate: new Rate(), label }
    this.#entries.add(entry)
    this.#clock ??= setInterval(() => this.#figures(), figuresInterval)
    const over = new Promise<void>((resolve) => {
      const end = (): void => {
        this.#entries.delete(entry)
        if (this.#entries.size === 0) this.close()
        resolve()
      }
      events.subscribe({ next: (event) => this.#tell(entry, event), complete: end, error: end })
    })
    return { settle: () => over }
  }

  aside<T>(work: () => Promise<T>): Promise<T> {
    return work()
  }

  close(): void {
    clearInterval(this.#clock)
    this.#clock = undefined
  }

  #tell(entry: Entry, event: PullEvent): void {
    // The lines about the start and the result name the image themselves.
    const hasName = event.type === 'start' || event.type === 'image' || event.type === 'copied'
    const prefix = entry.label === undefined || hasName ? '' : `[${printable(entry.label)}] `
    for (const line of plainLines(entry.snapshot, event)) this.#stream.write(`${prefix}${line}\n`)
    entry.snapshot = reduce(entry.snapshot, event)
    if (entry.snapshot.totals) entry.rate.add(Date.now(), entry.snapshot.totals.fetched)
  }

  #figures(): void {
    const now = Date.now()
    for (const { snapshot, rate, label } of this.#entries) {
      if (snapshot.totals) rate.add(now, snapshot.totals.fetched)
      const line = figuresLine(snapshot, rate.perSecond, now)
      const name = label ?? snapshot.reference ?? ''
      if (line !== undefined) this.#stream.write(`[${printable(name, 500)}] ${line}\n`)
    }
  }
}

/**
 * Returns the figures of a running pull: part of the work that is done, bytes, rate, layers and time left. Undefined if it is paused or
 * has no state yet.
 */
export function figuresLine(
  snapshot: PullSnapshot,
  rate: number | undefined,
  now: number,
): string | undefined {
  const { phase, paused, totals, layers } = snapshot
  if (paused || phase === 'idle') return undefined
  if (!totals) return phase === 'planning' ? 'planning' : 'resolving'
  const { fraction, fetched, total } = totals
  const left = secondsLeft(snapshot, now)
  return [
    `${Math.floor(fraction * 100)} %`,
    `${formatBytes(fetched)} of ${formatBytes(total)}`,
    ...(rate !== undefined ? [`${formatBytes(rate)}/s`] : []),
    `${layers.filter(isFinished).length} of ${layers.length} layers`,
    ...(left !== undefined && left > 0 ? [`${formatTimeLeft(left * 1000)} left`] : []),
  ].join(', ')
}
