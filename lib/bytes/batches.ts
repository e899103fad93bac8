/**
 * What a stream gives, in batches: each time all chunks that came since the last look, as they came. Reading a stream by
 * `for await` joins them into one, which copies every byte once more.
 */
import type { Readable } from 'node:stream'

/** Held for a reader that is busy: of tiny chunks, each costs more than its bytes. */
const maxBytes = 1024 * 1024
const maxChunks = 1024

/**
 * Ends with the stream; what came before the stream failed is given before that is told. Who stops early destroys the
 * stream.
 * @throws what the stream fails with; where it was destroyed with nothing said, it just ends
 */
export async function* batches(stream: Readable): AsyncGenerator<readonly Buffer[], void, undefined> {
  let held: Buffer[] = []
  let bytes = 0
  let over = false
  let failure: { readonly error: unknown } | undefined
  let wake = (): void => undefined
  const take = (chunk: Buffer): void => {
    held.push(chunk)
    bytes += chunk.length
    if (bytes >= maxBytes || held.length >= maxChunks) stream.pause()
    wake()
  }
  const fail = (error: unknown): void => {
    failure ??= { error }
    wake()
  }
  const end = (): void => {
    over = true
    wake()
  }
  if (stream.errored) fail(stream.errored)
  if (stream.closed || stream.readableEnded) over = true
  stream.on('error', fail).on('end', end).on('close', end).on('data', take)
  try {
    for (;;) {
      if (held.length > 0) {
        const batch = held
        held = []
        bytes = 0
        stream.resume()
        yield batch
      } else if (failure) throw failure.error
      else if (over) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    stream.off('end', end).off('close', end).off('data', take)
    stream.off('error', fail).on('error', () => undefined)
  }
}
