/** Shows progress as lines for programs: the events of the pulls, one pull after the other, or all as they come. */
import type { Observable } from 'rxjs'
import type { PullEvent } from '../../lib/events/index.js'
import type { ProgressView, ShownPull } from './progress-view.js'

/** Returns a function that turns the events of one pull into text with line ends. */
export type Encoder = () => (event: PullEvent) => string

/** A view of lines. */
export class LinesView implements ProgressView {
  readonly #write: (text: string) => unknown
  readonly #encoder: Encoder
  readonly #isLive: boolean

  /** @param isLive whether the events of several pulls are mixed as they come; else those of one pull follow those of another */
  constructor(write: (text: string) => unknown, encoder: Encoder, isLive: boolean) {
    this.#write = write
    this.#encoder = encoder
    this.#isLive = isLive
  }

  add(events: Observable<PullEvent>): ShownPull {
    const show = (): Promise<void> => {
      const encode = this.#encoder()
      return new Promise((resolve) =>
        events.subscribe({
          next: (event) => {
            const text = encode(event)
            if (text !== '') this.#write(text)
          },
          complete: resolve,
          error: () => resolve(),
        }),
      )
    }
    if (!this.#isLive) return { settle: show }
    const shown = show()
    return { settle: () => shown }
  }

  aside<T>(work: () => Promise<T>): Promise<T> {
    return work()
  }

  close(): void {
    // Nothing is open: each line is written at once.
  }
}
