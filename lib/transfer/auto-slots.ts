/**
 * Finds the number of concurrent downloads while layers are downloaded: more while it gains, less after refusals or where
 * less is faster. It has no clock of its own: the caller gives the time, so that tests run in virtual time.
 */

/** Options of `AutoSlots`. */
export interface AutoSlotsOptions {
  /** Number of slots to start with (3). */
  readonly start?: number
  /** Maximum number of slots (16). */
  readonly max?: number
}

/** Milliseconds after a change before the rate is measured, because new connections begin slowly. */
const settleTime = 300
/** Milliseconds for which the rate is measured. */
const measureTime = 700
/**
 * Milliseconds after which the best number is compared with its neighbours again. The time doubles each time that the number
 * proves the best again.
 */
const holdTime = 10_000
/** Milliseconds after a refusal for which the number does not rise. */
const refusalTime = 60_000
/** Part of the proportional gain that a higher number must bring. */
const wantedGain = 0.3
/** Part of the slots that a refusal leaves. */
const keptAfterRefusal = 0.6
/** Factor by which a lower number must be faster. */
const wantedRise = 1.05

/** A number of slots, and the bytes per millisecond that arrived with it. */
interface Measured {
  readonly slots: number
  readonly rate: number
}

/** What the next measurement is for: the rate of the present number, or of a higher or lower one than `best`. */
type Phase = { readonly kind: 'begin' } | { readonly kind: 'up' | 'down'; readonly best: Measured }

/** The state of the downloads of a puller. */
export interface DownloadSample {
  /** Number of bytes that have arrived in all. */
  readonly bytes: number
  /** Number of layers that are downloaded now. */
  readonly active: number
  /** Number of layers that wait for a slot. */
  readonly waiting: number
}

/** Chooses a number of slots from the bytes that arrive. */
export class AutoSlots {
  readonly #max: number
  #slots: number
  #phase: Phase = { kind: 'begin' }
  /** Number and time of the last hold. */
  #held = { slots: 0, time: 0 }
  #refusedAt = -Infinity
  /** Until then, the number stays. */
  #heldUntil = 0
  /** The present measurement; undefined while no layer waits for a slot. */
  #measurement: { readonly from: number; readonly bytes: number | undefined } | undefined

  constructor({ start = 3, max = 16 }: AutoSlotsOptions = {}) {
    this.#max = Math.max(1, max)
    this.#slots = Math.min(Math.max(1, start), this.#max)
  }

  /** The number of slots to use now. */
  get slots(): number {
    return this.#slots
  }

  /**
   * Takes a sample. Call it several times a second. The rate is measured while exactly the present number of layers is
   * downloaded: not while no layer waits for a slot, nor after the number fell and before as many downloads have ended.
   * @param now - milliseconds of a clock that never goes back
   */
  sample(now: number, { bytes, active, waiting }: DownloadSample): void {
    if (waiting === 0 || active > this.#slots || now < this.#heldUntil) {
      this.#measurement = undefined
      return
    }
    const measurement = (this.#measurement ??= { from: now, bytes: undefined })
    const elapsed = now - measurement.from
    if (measurement.bytes === undefined) {
      if (elapsed >= settleTime) this.#measurement = { from: now, bytes }
    } else if (elapsed >= measureTime) this.#decide(now, (bytes - measurement.bytes) / elapsed)
  }

  /** Call it when the registry refuses a request for the time being (429, 503): lowers the number. */
  refused(now: number): void {
    // Requests that were sent together are refused together.
    if (now - this.#refusedAt < 1_000) return
    this.#refusedAt = now
    const fewer = Math.min(this.#slots - 1, Math.ceil(this.#slots * keptAfterRefusal))
    this.#hold(Math.max(1, fewer), now, refusalTime)
  }

  #decide(now: number, rate: number): void {
    const here: Measured = { slots: this.#slots, rate }
    const phase = this.#phase
    if (phase.kind === 'begin') this.#tryHigher(here, now)
    else if (phase.kind === 'up')
      if (isWorthMore(here, phase.best)) this.#tryHigher(here, now)
      else this.#tryLower(phase.best, now)
    else if (rate >= phase.best.rate * wantedRise) this.#tryLower(here, now)
    else this.#hold(phase.best.slots, now)
  }

  #tryHigher(best: Measured, now: number): void {
    const next = Math.min(Math.ceil(best.slots * 1.5), this.#max)
    if (next > best.slots) this.#try('up', next, best)
    else this.#hold(best.slots, now)
  }

  #tryLower(best: Measured, now: number): void {
    if (best.slots > 1) this.#try('down', best.slots - 1, best)
    else this.#hold(best.slots, now)
  }

  #try(kind: 'up' | 'down', slots: number, best: Measured): void {
    this.#slots = slots
    this.#phase = { kind, best }
    this.#measurement = undefined
  }

  #hold(slots: number, now: number, time = holdTime): void {
    const isSame = slots === this.#held.slots
    this.#held = { slots, time: isSame ? Math.max(time, this.#held.time * 2) : time }
    this.#slots = slots
    this.#phase = { kind: 'begin' }
    this.#heldUntil = now + this.#held.time
    this.#measurement = undefined
  }
}

/** Reports whether the higher number brings its part of a proportional gain. */
const isWorthMore = (higher: Measured, lower: Measured): boolean =>
  higher.rate / lower.rate - 1 >= wantedGain * (higher.slots / lower.slots - 1)
