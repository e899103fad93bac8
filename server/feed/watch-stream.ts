/** Streams the messages of a feed to one watcher as server-sent events (WHATWG HTML, section 9.2). */
import type { Feed } from './feed.js'

/** Milliseconds after which a comment is sent, so that neither side takes a silent connection for a dead one. */
const heartbeat = 15_000
const heartbeatFrame = Buffer.from(': \n\n')

/** Milliseconds for which a watcher may take nothing. It can come back with `Last-Event-ID`. */
const stallTimeout = 120_000

/** Parameters of `watchStream`. */
export interface WatchStreamOptions {
  readonly feed: Feed
  /** Returns the present state, as JSON. */
  readonly state: (pull?: string) => string
  /** Id of the only pull to watch. */
  readonly pull: string | undefined
  /** `Last-Event-ID` of the request: the stream goes on after it, if the log still contains what followed. */
  readonly lastId: string | undefined
  /** Is called once, when the stream ends. */
  readonly onEnd: () => void
  /** Is called when the watcher has taken nothing for two minutes, to end the connection. */
  readonly onStall?: () => void
  /** Ends the stream. */
  readonly signal: AbortSignal
}

/** Returns the body of a response. It takes no message from the feed before the watcher has taken the previous chunk. */
export function watchStream(options: WatchStreamOptions): ReadableStream<Uint8Array> {
  const watcher = new Watcher(options)
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await watcher.next()
        if (chunk) controller.enqueue(chunk)
        else controller.close()
      },
      cancel: () => watcher.end(),
    },
    { highWaterMark: 0 },
  )
}

/** The place of one watcher in the feed. */
class Watcher {
  readonly #options: WatchStreamOptions
  /** Runs from each chunk on. It does not count while the watcher waits for messages. */
  readonly #stalled: NodeJS.Timeout
  #hasTaken = true
  #position: number | undefined
  #isEnded = false
  /** Ends the present wait. */
  #wake: () => void = () => undefined

  constructor(options: WatchStreamOptions) {
    this.#options = options
    this.#position = options.feed.positionOf(options.lastId)
    this.#stalled = setTimeout(() => {
      if (this.#hasTaken) return
      this.end()
      options.onStall?.()
    }, stallTimeout)
    this.#stalled.unref()
    options.signal.addEventListener('abort', this.end, { once: true })
  }

  readonly end = (): void => {
    if (this.#isEnded) return
    this.#isEnded = true
    clearTimeout(this.#stalled)
    this.#options.signal.removeEventListener('abort', this.end)
    this.#wake()
    this.#options.onEnd()
  }

  /** Returns the next chunk, when there is one; undefined at the end. The watcher has taken the one before. */
  async next(): Promise<Uint8Array | undefined> {
    const { feed, pull } = this.#options
    this.#hasTaken = true
    const isOver = (): boolean => this.#isEnded
    for (;;) {
      const following = this.#position === undefined ? undefined : feed.after(this.#position, pull)
      this.#position = following?.position ?? feed.head
      const frames = following?.frames ?? this.#stateFrame()
      if (frames.length > 0) return this.#sent(frames)
      if (this.#position < feed.head) continue
      // After its end, the stream still gives what was appended before: how the pulls of a server that ends have ended.
      if (isOver()) return undefined
      if (!(await this.#changed())) return this.#sent(heartbeatFrame)
    }
  }

  /** Returns nothing, and ends, if the pull is not listed any more: the watcher comes back and is told so. */
  #stateFrame(): Buffer {
    const { feed, pull, state } = this.#options
    try {
      return feed.stateFrame(state(pull))
    } catch (error) {
      if (pull === undefined) throw error
      this.end()
      return Buffer.alloc(0)
    }
  }

  #sent(chunk: Uint8Array): Uint8Array {
    this.#hasTaken = false
    if (!this.#isEnded) this.#stalled.refresh()
    return chunk
  }

  /** Resolves to true when there is a message or the stream has ended, and to false when a heartbeat is due. */
  #changed(): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (isChanged: boolean): void => {
        clearTimeout(timer)
        forget()
        resolve(isChanged)
      }
      const timer = setTimeout(() => settle(false), heartbeat)
      timer.unref()
      this.#wake = () => settle(true)
      const forget = this.#options.feed.onNext(this.#wake)
    })
  }
}
