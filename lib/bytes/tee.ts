/** Writes one stream to several sinks. */
import { Duplex, Readable, Writable } from 'node:stream'
import { WindlassError } from '../errors.js'
import { batches } from './batches.js'

/** Options of `tee`. */
export interface TeeOptions {
  /** Destroys all streams. `tee` then fails with CANCELLED, or with the signal's reason if that is a WindlassError. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Writes the bytes of `source` to every sink. Reads no more while one of the sinks is full. All sinks receive the same
 * buffers and must not change them.
 *
 * Resolves when every sink has finished. The source and the sinks are then closed, except sinks that the caller still
 * has to read: duplex streams, such as a hash or a decompressor, and HTTP requests. After a failure, all streams are
 * closed.
 *
 * @throws the first error of the source or of a sink; INTERNAL for a stream that closes before its end; CANCELLED or
 * the reason of the signal
 * @example
 * const hash = createHash('sha256')
 * await tee(createReadStream('layer.tar'), [hash, createWriteStream('copy.tar')])
 * console.log(hash.digest('hex'))
 */
export async function tee(
  source: Readable,
  sinks: readonly Writable[],
  { signal }: TeeOptions = {},
): Promise<void> {
  const streams = [source, ...sinks]
  const closed = new Map(streams.map((stream) => [stream, whenClosed(stream)]))
  let failure: { readonly error: unknown } | undefined
  const fail = (error: unknown): void => {
    failure ??= { error }
    for (const stream of streams) stream.destroy()
  }
  const cancel = (): void => fail(reasonOf(signal?.reason))
  if (signal?.aborted === true) cancel()
  else signal?.addEventListener('abort', cancel, { once: true })
  const finished = Promise.all(sinks.map((sink) => whenFinished(sink, fail)))
  try {
    await writeAll(source, sinks, () => failure !== undefined)
    for (const sink of sinks) sink.end()
  } catch (error) {
    fail(error)
  }
  await finished
  signal?.removeEventListener('abort', cancel)
  for (const stream of streams) {
    if (failure === undefined && stream !== source && canAnswer(stream)) continue
    stream.destroy()
    await closed.get(stream)
  }
  // `fail` may have set `failure`. TypeScript does not track assignments in callbacks.
  const thrown = failure as { readonly error: unknown } | undefined
  if (thrown !== undefined) throw thrown.error
}

async function writeAll(
  source: Readable,
  sinks: readonly Writable[],
  hasFailed: () => boolean,
): Promise<void> {
  for await (const chunks of batches(source))
    for (const chunk of chunks) {
      if (hasFailed()) return
      const full = sinks.filter((sink) => !sink.write(chunk))
      if (full.length > 0) await Promise.all(full.map(whenDrained))
    }
  if (!hasFailed() && !source.readableEnded) throw closedEarly('The source')
}

/** Resolves when `sink` has finished or failed. */
function whenFinished(sink: Writable, fail: (error: unknown) => void): Promise<void> {
  return new Promise((resolve) => {
    const close = (): void => {
      if (!sink.writableFinished) fail(sink.errored ?? closedEarly('A sink'))
      resolve()
    }
    // The listener is never removed: an `error` event without one would crash the process, even after the end.
    sink.on('error', fail)
    if (sink.destroyed) close()
    else sink.once('finish', resolve).once('close', close)
  })
}

function whenDrained(sink: Writable): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      sink.off('drain', settle).off('close', settle)
      resolve()
    }
    if (sink.destroyed) resolve()
    else sink.on('drain', settle).on('close', settle)
  })
}

/**
 * Resolves when `stream` is closed. Call it before the stream closes: a request that has closed never emits `close`
 * again.
 */
const whenClosed = (stream: Readable | Writable): Promise<void> =>
  stream.closed ? Promise.resolve() : new Promise((resolve) => stream.once('close', resolve))

/**
 * Reports whether `stream` can send data after its last byte was written. A request of `node:http` can, and it is not
 * an instance of `Writable`.
 */
const canAnswer = (stream: Readable | Writable): boolean =>
  stream instanceof Duplex || !(stream instanceof Readable || stream instanceof Writable)

const closedEarly = (what: string): WindlassError =>
  new WindlassError('INTERNAL', `${what} of a tee was closed before its end`)

const reasonOf = (reason: unknown): WindlassError =>
  reason instanceof WindlassError
    ? reason
    : new WindlassError('CANCELLED', 'The tee was cancelled', { cause: reason })
