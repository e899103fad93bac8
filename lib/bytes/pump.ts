/** A stream pipeline that settles only after every stream has closed. */
import type { Duplex, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { asWindlassError, WindlassError } from '../errors.js'

/** Options of `pump`. */
export interface PumpOptions {
  /**
   * Destroys all streams. The pump then fails with CANCELLED, or with the signal's reason if that is a WindlassError.
   */
  readonly signal?: AbortSignal
}

/**
 * Pipes `streams` from first to last. When it settles, every stream is destroyed and its descriptors are closed. The
 * pipeline of `node:stream` settles before that, and some streams do not close by themselves.
 * @throws the error of the first stream that failed; WindlassError CANCELLED or the reason when `signal` aborts
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

/** Resolves when `stream` is closed. Errors after the failure of the pump are ignored. */
function whenClosed(stream: Readable | Writable): Promise<void> {
  stream.on('error', () => undefined)
  return stream.closed ? Promise.resolve() : new Promise((resolve) => stream.once('close', resolve))
}
