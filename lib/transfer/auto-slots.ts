/**
 * Provides `AutoSlots`, which adapts the number of concurrent downloads (slots) to the measured rate: it rises while
 * more slots are faster, and falls after refusals and when fewer slots are faster. The caller passes the time, so that
 * tests run in virtual time.
 */

/** Options of `AutoSlots`. */
export interface AutoSlotsOptions {
  /** Number of slots to start with (3). */
  readonly start?: number
  /** Maximum number of slots (16). */
  readonly max?: number
}

/**
 * Milliseconds after a change of the number of slots before the rate is measured, because new connections begin slowly.
 */
const settleTime = 300
/** Milliseconds for which the rate is measured. */
const measureTime = 700
/**
 * Milliseconds for which the best number of slots is kept before other numbers are tried again. Doubles each time the
 * same number is the best again.
 */
const holdTime = 10_000
/** Milliseconds after a refusal for which the number of slots does not rise. */
const refusalTime = 60_000
/** A number of slots that is higher by x % must raise the rate by at least this part of x %. */
const minGain = 0.3
/** Part of the slots that are kept after a refusal. */
const keptAfterRefusal = 0.6
/** A lower number of slots is kept if it multiplies the rate by at least this factor. */
const minSpeedup = 1.05

/** A number of slots, and the bytes per millisecond that arrived with it. */
interface Measured {
  readonly slots: number
  readonly rate: number
}

/**
 * What is measured: the rate of the present number, or of a number above (`up`) or below (`down`) the best one so far.
 */
type Phase = { readonly kind: 'begin' } | { readonly kind: 'up' | 'down'; readonly best: Measured }

/** The state of all downloads at one time. */
export interface DownloadSample {
  /** Total number of bytes received. */
  readonly bytes: number
  /** Number of layers that are being downloaded. */
  readonly active: number
  /** Number of layers that wait for a slot. */
  readonly waiting: number
}

/** Chooses the number of slots. */
export class AutoSlots {
  readonly #max: number
  #slots: number
  #phase: Phase = { kind: 'begin' }
  /** The number that was kept last, and the milliseconds for which it was kept. */
  #held = { slots: 0, time: 0 }
  #refusedAt = -Infinity
  /** Time until which the number does not change. */
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
   * Evaluates a sample. Call it several times a second. The rate is measured only while a layer waits for a slot, so
   * that all slots are in use, and no more layers are downloaded than there are slots.
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

  /** Lowers the number. Call it when the registry refuses a request temporarily (HTTP status 429 or 503). */
  recordRefusal(now: number): void {
    // Requests that were sent together are refused together.
    if (now - this.#refusedAt < 1_000) return
    this.#refusedAt = now
    const fewer = Math.min(this.#slots - 1, Math.ceil(this.#slots * keptAfterRefusal))
    this.#hold(Math.max(1, fewer), now, refusalTime)
  }

  #decide(now: number, rate: number): void {
    const measured: Measured = { slots: this.#slots, rate }
    const phase = this.#phase
    if (phase.kind === 'begin') this.#tryHigher(measured, now)
    else if (phase.kind === 'up')
      if (isWorthMore(measured, phase.best)) this.#tryHigher(measured, now)
      else this.#tryLower(phase.best, now)
    else if (rate >= phase.best.rate * minSpeedup) this.#tryLower(measured, now)
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

/** Returns whether the rate rises enough with the number of slots: see `minGain`. */
const isWorthMore = (higher: Measured, lower: Measured): boolean =>
  higher.rate / lower.rate - 1 >= minGain * (higher.slots / lower.slots - 1)
