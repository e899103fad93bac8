/** Passes on the growth of a file that another thread reports. Only the latest length is kept. */
import type { Growth } from './task.js'

/** Yields the latest length to one consumer, and skips lengths that a later one has replaced. */
export class LatestGrowth implements AsyncIterable<Growth> {
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
