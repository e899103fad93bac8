/** Streams the messages of a feed to one watcher as server-sent events (WHATWG HTML, section 9.2). */
import { type Feed, frameOf } from './feed.js'

/** Milliseconds after which a comment is sent, so that neither side takes a silent connection for a dead one. */
const heartbeat = 15_000
const heartbeatFrame = Buffer.from(': \n\n')

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
  /** Ends the stream. */
  readonly signal: AbortSignal
}

/** Returns the body of a response. It takes no message from the feed before the watcher has taken the previous chunk. */
export function watchStream({
  feed,
  state,
  pull,
  lastId,
  onEnd,
  signal,
}: WatchStreamOptions): ReadableStream<Uint8Array> {
  let position = feed.positionOf(lastId)
  const stop = new AbortController()
  const end = (): void => {
    if (stop.signal.aborted) return
    stop.abort()
    signal.removeEventListener('abort', end)
    onEnd()
  }
  signal.addEventListener('abort', end, { once: true })
  const next = async (): Promise<Uint8Array | undefined> => {
    while (!stop.signal.aborted) {
      const frames = position === undefined ? undefined : feed.after(position, pull)
      const { head } = feed
      if (!frames) {
        position = head
        return Buffer.from(frameOf(`${feed.run}-${head}`, state(pull)))
      }
      position = head
      if (frames.length > 0) return frames
      await feed.changed(head, heartbeat, stop.signal)
      if (feed.head === head && !stop.signal.aborted) return heartbeatFrame
    }
    return undefined
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await next()
        if (chunk) controller.enqueue(chunk)
        else controller.close()
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
}

