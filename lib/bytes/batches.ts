/**
 * Reads a stream in batches: each batch contains the chunks that arrived since the previous one. Unlike `for await`,
 * this does not concatenate the chunks, which would copy every byte.
 */
import type { Readable } from 'node:stream'

/**
 * Limits of a batch, in bytes and in chunks; the stream is paused when a batch reaches one. The number of chunks is
 * limited because a tiny chunk needs more memory than its bytes.
 */
const maxBytes = 1024 * 1024
const maxChunks = 1024

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
  const onChunk = (chunk: Buffer): void => {
    pending.push(chunk)
    bytes += chunk.length
    if (bytes >= maxBytes || pending.length >= maxChunks) stream.pause()
    wake()
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
      if (pending.length > 0) {
        const batch = pending
        pending = []
        bytes = 0
        stream.resume()
        yield batch
      } else if (failure) throw failure.error
      else if (ended) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    stream.off('end', onEnd).off('close', onEnd).off('data', onChunk)
    stream.off('error', onError).on('error', () => undefined)
  }
}
