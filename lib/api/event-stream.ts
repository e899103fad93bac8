/** Reads a stream of server-sent events (WHATWG HTML, section 9.2). */
import { createParser } from 'eventsource-parser'

/** One event of the stream. */
export interface StreamEvent {
  readonly id: string | undefined
  readonly data: string
}

/** Yields the events of `body`. Ends with the body. */
export async function* readEventStream(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder()
  const events: StreamEvent[] = []
  const parser = createParser({ onEvent: ({ id, data }) => events.push({ id, data }) })
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      parser.feed(decoder.decode(value, { stream: true }))
      yield* events.splice(0)
    }
  } finally {
    // The reader of the events has the failure already, if there was one.
    await reader.cancel().catch(() => undefined)
  }
}
