/**
 * Provides `FairSlices`, which lets work in progress give up its slot to a group that has none. A free slot goes to the group with
 * the fewest, but if no work ends for minutes, a group that arrives later would wait for minutes. Interrupted work begins again
 * when it gets its next slot.
 */

/** Milliseconds that a group without a slot waits before work of a group with several is interrupted for it. */
const patience = 500

/** Milliseconds for which work keeps its slot at least if no group has more than one. */
const minSlice = 5_000

/** Milliseconds between two checks. */
const interval = 250

/** Work that waits for a slot, or has one. */
export interface SlicedWork {
  /** Group of the work; undefined is a group too. */
  readonly group: object | undefined
  readonly priority: () => number
  /** Whether the work may be interrupted at this moment. Default: true. */
  readonly canInterrupt?: () => boolean
  /** Frees the slot; the work then waits for another one. */
  readonly interrupt: () => void
}

interface Entry {
  readonly work: SlicedWork
  hasSlot: boolean
  /** Time since which it waits, or has the slot. */
  since: number
}

/** The work that shares some slots. */
export class FairSlices {
  readonly #entries = new Set<Entry>()
  readonly #now: () => number
  #timer: NodeJS.Timeout | undefined

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Adds work that waits for a slot. Returns functions to call when it gets one, and when it no longer needs one. */
  add(work: SlicedWork): { readonly begin: () => void; readonly end: () => void } {
    const entry: Entry = { work, hasSlot: false, since: this.#now() }
    this.#entries.add(entry)
    this.#watch()
    return {
      begin: () => {
        entry.hasSlot = true
        entry.since = this.#now()
      },
      end: () => {
        this.#entries.delete(entry)
        if (this.#entries.size === 0) this.#stop()
      },
    }
  }

  /** Interrupts one piece of work if a group that waits has no slot. */
  check(): void {
    const now = this.#now()
    const active = [...this.#entries].filter(({ hasSlot }) => hasSlot)
    const counts = new Map<object | undefined, number>()
    for (const { work } of active) counts.set(work.group, (counts.get(work.group) ?? 0) + 1)
    const waiting = [...this.#entries].filter(
      ({ hasSlot, since, work }) => !hasSlot && now - since >= patience && !counts.has(work.group),
    )
    if (waiting.length === 0) return
    const urgency = Math.max(...waiting.map(({ work }) => work.priority()))
    // Work of a higher priority is not interrupted. In the largest group, what began last has the least to lose.
    const candidates = active
      .filter(({ work, since }) => {
        const isAmongOthers = (counts.get(work.group) ?? 0) > 1
        return (
          work.priority() <= urgency &&
          (work.canInterrupt?.() ?? true) &&
          now - since >= (isAmongOthers ? patience : minSlice)
        )
      })
      .sort(
        (a, b) =>
          (counts.get(b.work.group) ?? 0) - (counts.get(a.work.group) ?? 0) ||
          (counts.get(a.work.group) === 1 ? a.since - b.since : b.since - a.since),
      )
    candidates[0]?.work.interrupt()
  }

  #watch(): void {
    if (this.#timer !== undefined || this.#entries.size < 2) return
    this.#timer = setInterval(() => this.check(), interval)
    this.#timer.unref()
  }

  #stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
