/**
 * Reads a stream in batches: each batch contains the chunks that arrived since the previous one. Unlike `for await`,
 * this does not concatenate the chunks, which would copy every byte. A batch costs its reader a write, an event and a
 * message to the unpacking thread, so that a few chunks wait for more.
 */
import type { Readable } from 'node:stream'

/**
 * Limits of a batch, in bytes and in chunks; the stream is paused when a batch reaches one. The number of chunks is
 * limited because a tiny chunk needs more memory than its bytes.
 */
const maxBytes = 1024 * 1024
const maxChunks = 1024

/** Bytes from which a batch does not wait for more, and the milliseconds for which a smaller one waits. */
const enoughBytes = 256 * 1024
const linger = 10

/**
 * Yields the chunks of `stream` in batches and returns when it ends. Chunks that arrived before a failure are yielded
 * before the failure is thrown. A consumer that stops early must destroy the stream.
 * @throws the error of the stream; if the stream is destroyed without an error, the batches just end
 */
export async function* batches(stream: Readable): AsyncGenerator<readonly Buffer[], void, undefined> {
  let pending: Buffer[] = []
  let bytes = 0
  let ended = false
  let failure: { readonly error: unknown } | undefined
  let wake = (): void => undefined
  let isDue = false as boolean
  let timer: NodeJS.Timeout | undefined
  const onDue = (): void => {
    isDue = true
    timer = undefined
    wake()
  }
  const onChunk = (chunk: Buffer): void => {
    pending.push(chunk)
    bytes += chunk.length
    if (bytes >= maxBytes || pending.length >= maxChunks) stream.pause()
    if (bytes >= enoughBytes || pending.length >= maxChunks) wake()
    else if (!isDue) timer ??= setTimeout(onDue, linger)
  }
  const onError = (error: unknown): void => {
    failure ??= { error }
    wake()
  }
  const onEnd = (): void => {
    ended = true
    wake()
  }
  if (stream.errored) onError(stream.errored)
  if (stream.closed || stream.readableEnded) ended = true
  stream.on('error', onError).on('end', onEnd).on('close', onEnd).on('data', onChunk)
  try {
    for (;;) {
      const isEnough = isDue || bytes >= enoughBytes || pending.length >= maxChunks
      if (pending.length > 0 && (isEnough || failure !== undefined || ended)) {
        const batch = pending
        pending = []
        bytes = 0
        clearTimeout(timer)
        timer = undefined
        isDue = false
        stream.resume()
        yield batch
      } else if (failure) throw failure.error
      else if (ended) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    clearTimeout(timer)
    stream.off('end', onEnd).off('close', onEnd).off('data', onChunk)
    stream.off('error', onError).on('error', () => undefined)
  }
}
