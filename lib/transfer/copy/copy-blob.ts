/**
 * Makes one attempt at copying a blob. If the target does not have the blob, it is mounted from another repository of
 * the same registry, or sent. Its content is not written to a disk of this machine.
 */
import { requestEvents } from '../request-events.js'
import { type Readable, Transform, pipeline } from 'node:stream'
import { Meter, sizeMismatchHint } from '../../bytes/index.js'
import { WindlassError } from '../../errors.js'
import type { LayerEvent, LayerStatus } from '../../events/index.js'
import type { Behavior, Failure, Turn, Verdict } from '../../flow/index.js'
import type { ImageSink, ImageSource, OpenBlob } from '../../image/index.js'
import type { RetryCountdown } from '../retry-countdown.js'
import type { BlobOutcome, BlobTask, CopiedBlob } from './elements.js'

/** A blob to copy, and the state that its attempts share. */
export interface BlobAttempts extends BlobTask {
  readonly countdown: RetryCountdown
  /** Whether a pause ended the transfer before. */
  readonly wasInterrupted?: boolean
}

/** Decides whether a failure is retried. Called repeatedly for the same failure, it must return the same verdict. */
export type DecideCopy = (failure: Failure<BlobAttempts>) => Verdict

/**
 * Returns the behaviour that copies one blob. `decide` is also the supervisor of the actor. It is called here to report
 * a retry in advance.
 */
export const copyBlob =
  (decide: DecideCopy): Behavior<BlobAttempts, CopiedBlob> =>
  async (task, turn) => {
    task.countdown.stop()
    try {
      const outcome = await ensureBlob(task, turn)
      turn.emit(progress(task, outcome, task.descriptor.size))
      return { descriptor: task.descriptor, outcome }
    } catch (error) {
      const failure = { actor: 'copies', message: task, error, attempt: turn.attempt }
      const verdict = decide(failure)
      if (typeof verdict === 'object' && !turn.signal.aborted) reportRetry(task, turn, verdict.retry, error)
      throw error
    }
  }

/** Ensures that the target has the blob, and returns how. Tries the cheapest way first. */
async function ensureBlob(
  { descriptor, source, sink, wasInterrupted = false }: BlobAttempts,
  turn: Turn,
): Promise<BlobOutcome> {
  const { signal } = turn
  if (await sink.hasBlob(descriptor, { signal })) return 'exists'
  const from = mountSource(source, sink)
  if (from !== undefined && (await sink.mount?.(descriptor, from, { signal })) === true) return 'mounted'
  const task = { descriptor, source, sink }
  if (turn.attempt > 1 || wasInterrupted) turn.emit(progress(task, 'restart', 0))
  turn.emit(progress(task, 'copying', 0))
  await sink.putBlob(descriptor, openAtSource(task, turn), { signal })
  return 'copied'
}

/**
 * Returns the repository of the source if the target may mount blobs from it: another repository of the same registry.
 */
function mountSource(source: ImageSource, sink: ImageSink): string | undefined {
  const isSame = source.host.toLowerCase() === sink.host.toLowerCase()
  return isSame && source.repository !== sink.repository ? source.repository : undefined
}

/** Returns a function that opens the blob at the source. The bytes that are read are reported as progress. */
const openAtSource =
  (task: BlobTask, { signal, scope }: Turn): OpenBlob =>
  async () => {
    const { descriptor, source } = task
    const { digest, size } = descriptor
    const body = await source.blob(descriptor, { signal, onRequest: requestEvents(scope, digest) })
    if (body.size !== undefined && body.size !== size) {
      body.stream.destroy()
      throw new WindlassError(
        'SIZE_MISMATCH',
        `Failed to copy the blob ${digest}: ${body.host} offers ${body.size} bytes, but the manifest states ${size}`,
        { digest, host: body.host, hint: sizeMismatchHint },
      )
    }
    const meter = new Meter((bytes) => scope.emit(progress(task, 'copying', bytes, { host: body.host })))
    return countBytes(body.stream, meter)
  }

function countBytes(stream: Readable, meter: Meter): Readable {
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      meter.add(chunk.length)
      done(null, chunk)
    },
  })
  counter.on('error', () => undefined) // the reader receives the error as well
  pipeline(stream, counter, () => meter.stop())
  return counter
}

function reportRetry(task: BlobAttempts, { scope, attempt }: Turn, wait: number, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error)
  task.countdown.start(wait, (retryIn) => {
    scope.emit(
      retryIn > 0
        ? progress(task, 'retrying', 0, { retryIn, reason, attempt: attempt + 1 })
        : progress(task, 'waiting', 0),
    )
  })
}

/** Returns a `layer` event about a blob. `current` is in bytes. */
const progress = (
  { descriptor: { digest, size } }: BlobTask,
  status: LayerStatus,
  current: number,
  more: Partial<Pick<LayerEvent, 'host' | 'retryIn' | 'reason' | 'attempt'>> = {},
): LayerEvent => ({ type: 'layer', digest, status, current, total: size, ...more })
