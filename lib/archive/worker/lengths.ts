/** The lengths of a growing file as they are told from another thread: the latest is kept, none are queued. */
import type { Growth } from './task.js'

export class Lengths implements AsyncIterable<Growth> {
  #news: Growth | undefined
  #wake: (() => void) | undefined

  tell(growth: Growth): void {
    this.#news = growth
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Growth, void, undefined> {
    for (;;) {
      if (this.#news === undefined)
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      const news = this.#news
      this.#news = undefined
      if (news === undefined) continue
      yield news
      if (news.final) return
    }
  }
}
