/**
 * Makes one attempt at downloading a layer. The layer is emitted on the first attempt while its file still grows; the
 * attempt completes when all bytes are present. The next attempt resumes where this one stopped.
 */
import { Observable } from 'rxjs'
import type { Behavior, Failure, Turn, Verdict } from '../flow/index.js'
import type { DownloadHistory } from './download-history.js'
import type { ArrivingLayer } from './elements.js'
import { layerProgress } from './layer-progress.js'
import type { PlaceList } from './places/place-list.js'
import { concernsPlace } from '../image/index.js'
import { receiveFrom } from './receive-from.js'
import type { ReceivingLayer } from './receive.js'
import type { RetryCountdown } from './retry-countdown.js'

/** A layer to download, and the state that its attempts share. */
export interface DownloadTask {
  readonly layer: ReceivingLayer
  readonly places: PlaceList
  readonly countdown: RetryCountdown
  readonly history: DownloadHistory
  /** Is called when the task gets a slot, also for a further attempt. */
  readonly onStart?: () => void
}

/** Decides whether a failure is retried. Called repeatedly for the same failure, it must return the same verdict. */
export type DecideTransfer = (failure: Failure<DownloadTask>) => Verdict

/**
 * Returns the behaviour that downloads one layer. `decide` is also the supervisor of the actor. It is called here to
 * report a retry in advance. It receives the number of the attempt within the present request for a slot (see
 * `DownloadHistory`).
 */
export const transfer =
  (decide: DecideTransfer): Behavior<DownloadTask, ArrivingLayer> =>
  (task, turn) =>
    new Observable((out) => {
      const { layer, places, countdown, history } = task
      task.onStart?.()
      countdown.stop()
      const attempt = history.attemptOverall(turn.attempt)
      const recordProgress = (): void => places.recordProgress(layer.arriving.file.state.length, attempt)
      recordProgress()
      if (!history.emitted) {
        history.emitted = true
        out.next(layer)
      }
      const failureOf = (error: unknown): Failure<DownloadTask> => ({
        ...{ actor: 'downloads', message: task, error, attempt: turn.attempt },
      })
      const isFinal = (error: unknown): boolean => {
        recordProgress()
        return decide(failureOf(error)) === 'fail'
      }
      const finished = downloadFromRanks(task, turn, isFinal).then(
        () => {
          out.complete()
        },
        (error: unknown) => {
          recordProgress()
          const verdict = decide(failureOf(error))
          if (typeof verdict === 'object' && !turn.signal.aborted) {
            history.recordFailure(turn.attempt, verdict.retry)
            reportRetry(task, turn, verdict.retry, error)
          }
          out.error(error)
        },
      )
      history.recordStart(finished)
      turn.defer(() => finished)
    })

/** Downloads from the places of the first rank; after their final failure, from those of the next rank. */
async function downloadFromRanks(
  { layer, places, history }: DownloadTask,
  turn: Turn,
  isFinal: (error: unknown) => boolean,
): Promise<void> {
  for (;;)
    try {
      await places.load(turn.signal)
      await receiveFrom(layer, turn, places)
      layer.arriving.file.finish()
      return
    } catch (error) {
      if (turn.signal.aborted || !places.hasNextRank || !concernsPlace(error) || !isFinal(error)) throw error
      places.nextRank(error, history.attemptOverall(turn.attempt))
    }
}

function reportRetry(
  { layer, countdown, history }: DownloadTask,
  turn: Turn,
  wait: number,
  error: unknown,
): void {
  const { scope } = turn
  const attempt = history.attemptOverall(turn.attempt)
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
