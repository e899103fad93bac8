/** The lengths of a growing file, reported by another thread. Only the latest is kept. */
import type { Growth } from './task.js'

/** Passes the latest length to one consumer. */
export class Lengths implements AsyncIterable<Growth> {
  #latest: Growth | undefined
  #wake: (() => void) | undefined

  /** Replaces the latest length. */
  report(growth: Growth): void {
    this.#latest = growth
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Growth, void, undefined> {
    for (;;) {
      if (this.#latest === undefined)
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      const latest = this.#latest
      this.#latest = undefined
      if (latest === undefined) continue
      yield latest
      if (latest.final) return
    }
  }
}
