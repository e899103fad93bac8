/**
 * Makes one attempt at downloading a layer. The layer is emitted on the first attempt while its file still grows; the
 * attempt completes when all bytes are present. The next attempt resumes where this one stopped.
 */
import { Observable } from 'rxjs'
import { WindlassError } from '../errors.js'
import type { Behavior, Failure, Turn, Verdict } from '../flow/index.js'
import type { BlobRoute } from './blob-route.js'
import type { ArrivingLayer } from './elements.js'
import { layerProgress } from './layer-progress.js'
import { type ReceivingLayer, receive } from './receive.js'
import { isOfSource, receiveForeign } from './receive-foreign.js'
import type { RetryCountdown } from './retry-countdown.js'

/** A layer to download, and the state that its attempts share. */
export interface DownloadTask {
  readonly layer: ReceivingLayer
  readonly route: BlobRoute
  readonly countdown: RetryCountdown
}

/** Decides whether a failure is retried. Called repeatedly for the same failure, it must return the same verdict. */
export type DecideTransfer = (failure: Failure<DownloadTask>) => Verdict

/**
 * Returns the behaviour that downloads one layer. The supervisor applies `decide` as well; it is called here to
 * report a retry before it happens.
 */
export const transfer =
  (decide: DecideTransfer): Behavior<DownloadTask, ArrivingLayer> =>
  (task, turn) =>
    new Observable((out) => {
      const { layer, route, countdown } = task
      countdown.stop()
      const progressed = (): void => route.progressed(layer.arriving.file.state.length, turn.attempt)
      progressed()
      if (turn.attempt === 1) out.next(layer)
      const failureOf = (error: unknown): Failure<DownloadTask> => ({
        ...{ actor: 'downloads', message: task, error, attempt: turn.attempt },
      })
      const isFinal = (error: unknown): boolean => {
        progressed()
        return decide(failureOf(error)) === 'fail'
      }
      const finished = fill(task, turn, isFinal).then(
        () => {
          out.complete()
        },
        (error: unknown) => {
          progressed()
          const verdict = decide(failureOf(error))
          if (typeof verdict === 'object' && !turn.signal.aborted)
            reportRetry(task, turn, verdict.retry, error)
          out.error(error)
        },
      )
      turn.defer(() => finished)
    })

async function fill(
  { layer, route }: DownloadTask,
  turn: Turn,
  isFinal: (error: unknown) => boolean,
): Promise<void> {
  const { descriptor, source, arriving } = layer
  try {
    if (route.refusal) await receiveForeign(layer, turn, route)
    else
      await receive(layer, turn, {
        from: source.host,
        fetch: (request) => source.blob(descriptor, request),
      })
  } catch (error) {
    if (route.refusal || turn.signal.aborted || !canUseForeignUrls(error, layer, route) || !isFinal(error))
      throw error
    route.leaveRegistry(error, turn.attempt)
    await receiveForeign(layer, turn, route)
  }
  arriving.file.finish()
}

/** Reports whether the foreign URLs of the layer may succeed where the registry failed. */
const canUseForeignUrls = (
  error: unknown,
  { source }: ReceivingLayer,
  { urls }: BlobRoute,
): error is WindlassError =>
  error instanceof WindlassError && urls.length > 0 && source.foreignBlob !== undefined && isOfSource(error)

function reportRetry({ layer, countdown }: DownloadTask, turn: Turn, wait: number, error: unknown): void {
  const { scope, attempt } = turn
  const reason = error instanceof Error ? error.message : String(error)
  countdown.start(wait, (retryIn) => {
    // When the countdown ends, the task waits for a slot again; `downloading` follows once it has one.
    scope.emit(
      retryIn > 0
        ? layerProgress(layer, 'retrying', { retryIn, reason, attempt: attempt + 1 })
        : layerProgress(layer, 'waiting'),
    )
  })
}
