/** The axis of time of a pull: its span grows in steps, and its ticks are round. */

const spans = [
  20, 30, 40, 50, 60, 75, 90, 105, 120, 150, 180, 210, 240, 300, 360, 420, 500, 600, 750, 900, 1200, 1800,
  2700, 3600,
]

/** The first round span of at least `seconds`. */
export const roundSpan = (seconds: number): number =>
  spans.find((span) => span >= seconds) ?? Math.ceil(seconds / 3600) * 3600

/** Keeps the span of a pull, in seconds: it grows at once, and shrinks only if most of it would be empty. */
export class SpanKeeper {
  #span = 0

  /** @param seconds expected duration of the pull */
  next(seconds: number): number {
    const wanted = roundSpan(seconds * 1.02)
    if (wanted > this.#span || this.#span > wanted * 2.4) this.#span = wanted
    return this.#span
  }
}

const steps = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400]

/** Returns the seconds of the ticks of `span` seconds on `width` pixels, at least `apart` pixels from each other. */
export function ticksOf(span: number, width: number, apart: number): readonly number[] {
  const step = steps.find((each) => (each / span) * width >= apart) ?? 28_800
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => index * step)
}

/** Milliseconds for which a maximum stays when what it bounded is smaller. */
const calmTime = 30_000

/** Keeps the top of an axis of rates: in steps of 5 · 10^n MB/s, up at once, down after 30 s only. */
export class TopKeeper {
  #top = 0
  #since = 0

  /** @param rate highest rate that is shown, in bytes per second */
  next(rate: number, now: number): number {
    const wanted = roundTop(rate)
    if (wanted >= this.#top) this.#since = now
    if (wanted > this.#top || now - this.#since > calmTime) this.#top = wanted
    return this.#top
  }
}

/** The first of 0.5, 1, 1.5, … (5, 10, 15, …; 50, 100, …) that is at least `rate`, in the unit of `rate`. */
export function roundTop(rate: number): number {
  const least = Math.max(rate, 0.1)
  const step = 5 * 10 ** Math.floor(Math.log10(least / 5))
  return Number((Math.ceil(least / step - 1e-9) * step).toPrecision(3))
}
