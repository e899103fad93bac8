/** A response body of Docker's lines. A client that reads slowly gets the latest counts instead of all of them. */
import { type DockerLine, encodeDockerLine, isCount } from '../../lib/events/docker-lines.js'

/** Milliseconds from one write to the next. Each write wakes the client, whose terminal shows no more. */
const interval = 50

/** Lines that are sent as the client reads them, at most 20 times a second. */
export class LineStream {
  readonly body: ReadableStream<Uint8Array>
  #queue: DockerLine[] = []
  #ended = false
  #wake: () => void = () => undefined
  #endPause: () => void = () => undefined
  #sentAt = -Infinity

  /** @param onCancel is called when the client has gone before the end */
  constructor(onCancel: () => void) {
    this.body = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          if (this.#queue.length === 0 && !this.#ended)
            await new Promise<void>((resolve) => (this.#wake = resolve))
          await this.#pause()
          this.#sentAt = performance.now()
          const lines = this.#queue
          this.#queue = []
          if (lines.length > 0) controller.enqueue(Buffer.from(lines.map(encodeDockerLine).join('')))
          else controller.close()
        },
        cancel: () => {
          this.end()
          onCancel()
        },
      },
      { highWaterMark: 0 },
    )
  }

  /** Adds lines. A count replaces the count of the same layer that is not sent yet. */
  push(lines: readonly DockerLine[]): void {
    if (this.#ended) return
    for (const line of lines) {
      const before = isCount(line) ? this.#queue.findLastIndex(({ id }) => id === line.id) : -1
      const waiting = this.#queue[before]
      if (waiting && isCount(waiting) && waiting.status === line.status) this.#queue[before] = line
      else this.#queue.push(line)
    }
    if (this.#queue.length > 0) this.#wake()
  }

  /** Ends the body after the lines so far. */
  end(): void {
    this.#ended = true
    this.#wake()
    this.#endPause()
  }

  /** Resolves when the next write is due, or at the end. */
  async #pause(): Promise<void> {
    const left = this.#sentAt + interval - performance.now()
    if (this.#ended || left <= 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, left)
      this.#endPause = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
