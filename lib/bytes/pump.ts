/** A pipeline of streams that is over only when every stream of it has closed. */
import type { Duplex, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { asWindlassError, WindlassError } from '../errors.js'

export interface PumpOptions {
  /** Destroys all streams; the pump then fails with CANCELLED, or with the signal's reason if that is a WindlassError. */
  readonly signal?: AbortSignal
}

/**
 * Runs `streams` from the first to the last. However it ends, every stream is destroyed, and no descriptor of theirs
 * is open any more: `node:stream`'s own pipeline settles before that, and some streams never close by themselves.
 * @throws what the first stream to fail failed with
 */
export async function pump(
  streams: readonly [Readable, ...Duplex[], Writable],
  { signal }: PumpOptions = {},
): Promise<void> {
  const closed = Promise.all(streams.map(whenClosed))
  try {
    await pipeline([...streams], signal === undefined ? {} : { signal })
  } catch (error) {
    if (signal?.aborted !== true) throw error
    const reason: unknown = signal.reason
    throw reason instanceof WindlassError ? reason : asWindlassError(error)
  } finally {
    for (const stream of streams) stream.destroy()
    await closed
  }
}

/** Resolves once `stream` is closed; an error that comes after the pump has failed is nobody's any more. */
function whenClosed(stream: Readable | Writable): Promise<void> {
  stream.on('error', () => undefined)
  return stream.closed ? Promise.resolve() : new Promise((resolve) => stream.once('close', resolve))
}
