/**
 * One attempt at bringing a layer's bytes. The layer is passed on with the first attempt, its file still growing; the
 * attempt ends when all bytes are here. The next one goes on where this one broke off.
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

/** A layer that is to be downloaded. */
export interface DownloadTask {
  readonly layer: ReceivingLayer
  readonly route: BlobRoute
  readonly countdown: RetryCountdown
}

/** Decides about a failure; asked more than once about the same one. */
export type DecideTransfer = (failure: Failure<DownloadTask>) => Verdict

/** `judge` decides whether a failure is tried again; it is asked here too, so that the events say so. */
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
      const filled = fill(task, turn, isFinal).then(
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
      turn.defer(() => filled)
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
    if (route.refusal || turn.signal.aborted || !canLeave(error, layer, route) || !isFinal(error)) throw error
    route.leaveRegistry(error, turn.attempt)
    await receiveForeign(layer, turn, route)
  }
  arriving.file.finish()
}

/** Whether the URLs of the layer may give what the registry did not. */
const canLeave = (error: unknown, { source }: ReceivingLayer, { urls }: BlobRoute): error is WindlassError =>
  error instanceof WindlassError && urls.length > 0 && source.foreignBlob !== undefined && isOfSource(error)

function reportRetry({ layer, countdown }: DownloadTask, turn: Turn, wait: number, error: unknown): void {
  const { scope, attempt } = turn
  const reason = error instanceof Error ? error.message : String(error)
  countdown.start(wait, (retryIn) => {
    // At the end it stands in line again; if its turn comes at once, `downloading` follows.
    scope.emit(
      retryIn > 0
        ? layerProgress(layer, 'retrying', { retryIn, reason, attempt: attempt + 1 })
        : layerProgress(layer, 'waiting'),
    )
  })
}
