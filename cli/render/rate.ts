/** How fast bytes come in, over the last few seconds. */

const span = 3_000

export class Rate {
  #samples: { readonly at: number; readonly bytes: number }[] = []

  /** Takes the count at the time `at` (milliseconds). A count that falls starts anew. */
  add(at: number, bytes: number): void {
    if (bytes < (this.#samples.at(-1)?.bytes ?? 0)) this.#samples = []
    this.#samples.push({ at, bytes })
    while (this.#samples.length > 2 && at - (this.#samples[1]?.at ?? at) >= span) this.#samples.shift()
  }

  /** Bytes a second; undefined before half a second is known. */
  get perSecond(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)]
    if (!first || !last || last.at - first.at < 500) return undefined
    return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000
  }
}
