/**
 * Reads a stream in batches: each batch contains the chunks that arrived since the previous one. Unlike `for await`, it
 * does not concatenate the chunks, which would copy every byte once more.
 */
import type { Readable } from 'node:stream'

/**
 * Limits of what is held for a slow consumer, in bytes and in chunks. Chunks are limited too, because a tiny chunk needs
 * more memory than its bytes.
 */
const maxBytes = 1024 * 1024
const maxChunks = 1024

/**
 * Yields the chunks of `stream` in batches and returns when it ends. Chunks that arrived before a failure are yielded
 * before the failure is thrown. A consumer that stops early must destroy the stream.
 * @throws the error of the stream; a stream destroyed without an error only ends
 */
export async function* batches(stream: Readable): AsyncGenerator<readonly Buffer[], void, undefined> {
  let pending: Buffer[] = []
  let bytes = 0
  let ended = false
  let failure: { readonly error: unknown } | undefined
  let wake = (): void => undefined
  const take = (chunk: Buffer): void => {
    pending.push(chunk)
    bytes += chunk.length
    if (bytes >= maxBytes || pending.length >= maxChunks) stream.pause()
    wake()
  }
  const fail = (error: unknown): void => {
    failure ??= { error }
    wake()
  }
  const end = (): void => {
    ended = true
    wake()
  }
  if (stream.errored) fail(stream.errored)
  if (stream.closed || stream.readableEnded) ended = true
  stream.on('error', fail).on('end', end).on('close', end).on('data', take)
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
    stream.off('end', end).off('close', end).off('data', take)
    stream.off('error', fail).on('error', () => undefined)
  }
}
