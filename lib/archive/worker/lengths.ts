/** The lengths of a growing file as they are told from another thread: the latest is kept, none are queued. */
import type { Growth } from './task.js'

export class Lengths implements AsyncIterable<Growth> {
  #latest: Growth | undefined
  #wake: (() => void) | undefined

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
