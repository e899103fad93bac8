/** Measures a download rate over the last seconds. */

/** Length of the measured period in milliseconds. */
const period = 3_000

/** A moving average of a rate. */
export class Rate {
  #samples: { readonly at: number; readonly bytes: number }[] = []

  /**
   * Adds a sample: the byte count at time `at` in milliseconds. A count below the previous one restarts the
   * measurement.
   */
  add(at: number, bytes: number): void {
    if (bytes < (this.#samples.at(-1)?.bytes ?? 0)) this.#samples = []
    this.#samples.push({ at, bytes })
    while (this.#samples.length > 2 && at - (this.#samples[1]?.at ?? at) >= period) this.#samples.shift()
  }

  /** Bytes per second; undefined until the samples span half a second. */
  get perSecond(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)]
    if (!first || !last || last.at - first.at < 500) return undefined
    return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000
  }
}
