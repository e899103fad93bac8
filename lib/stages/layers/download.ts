/**
 * Downloads layers. A layer is emitted when its download gets a slot, so that it is processed while its file still
 * grows. The download holds the slot until all bytes are present. A retry resumes where the failed attempt stopped. If
 * the registry does not provide a layer, the URLs of its descriptor are tried.
 */
import { type Observable, concatMap, defer, finalize, of } from 'rxjs'
import type { GrowingFile } from '../../bytes/index.js'
import { WindlassError } from '../../errors.js'
import { Actor, type Scope, type Stage, compose, pausableReplies, through } from '../../flow/index.js'
import { FairSlices } from '../../flow/control/fair-slices.js'
import { InterruptibleControl } from '../../flow/control/interruptible-control.js'
import type { Store } from '../../store/index.js'
import { DownloadHistory } from '../../transfer/download-history.js'
import type { ArrivingLayer, SharedLayerTask } from '../../transfer/elements.js'
import { layerProgress } from '../../transfer/layer-progress.js'
import type { ReceivingLayer } from '../../transfer/receive.js'
import { type ForeignUrlOrder, placesWithMirrors } from '../../transfer/places/places-of.js'
import { reserve } from './reserve.js'
import { RetryCountdown } from '../../transfer/retry-countdown.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'
import { type DownloadTask, type DecideTransfer, transfer } from '../../transfer/transfer.js'

/** Limits of the downloads of all pulls. */
export interface DownloadLimits {
  /** Maximum number of concurrent downloads, over all pulls. */
  readonly slots: number
  readonly retry: RetryPolicy
  /** Order in which the URLs of a descriptor are tried (default `last-first`). */
  readonly foreignUrls?: ForeignUrlOrder
  /**
   * Called when a registry refuses a download temporarily (HTTP status 429 or 503). May be called more than once per
   * response.
   */
  readonly onRefused?: () => void
}

/**
 * Runs the downloads of all pulls, at most `slots` concurrently. Pulls of a higher priority go first; pulls of the same
 * priority share the slots fairly. If a pull has no slot and none becomes free, another pull gives one up: see `FairSlices`.
 */
export class Downloads {
  readonly #actor: Actor<DownloadTask, ArrivingLayer>
  readonly #slices = new FairSlices()
  readonly #limits: DownloadLimits
  /** The files of the downloads in progress, and how long each was at the start. */
  readonly #running = new Set<{ readonly file: GrowingFile; readonly initialLength: number }>()
  /** Number of bytes received by downloads that have ended. */
  #received = 0

  constructor(limits: DownloadLimits, scope: Scope) {
    const retry = retryingTransfers(limits.retry)
    const { attemptsInAll = 1_000 } = limits.retry
    const { slots, onRefused } = limits
    const decide: DecideTransfer = (failure) => {
      if (isRefusal(failure.error)) onRefused?.()
      const { places, history } = failure.message
      const attempt = history.attemptOverall(failure.attempt)
      return attempt >= attemptsInAll ? 'fail' : retry({ ...failure, attempt: places.attemptHere(attempt) })
    }
    this.#limits = limits
    const group = ({ layer }: DownloadTask): object | undefined => layer.group
    const options = { name: 'downloads', slots, supervise: decide, group }
    this.#actor = new Actor(() => transfer(decide), options, scope)
  }

  /** Changes the maximum number of concurrent downloads. Running downloads are not interrupted. */
  resize(slots: number): void {
    this.#actor.resize(slots)
  }

  /** Number of running downloads, and of downloads that wait for a slot. */
  get load(): { readonly active: number; readonly waiting: number } {
    return this.#actor.load
  }

  /** Number of bytes that all downloads have received. */
  get received(): number {
    return [...this.#running].reduce(
      (sum, { file, initialLength }) => sum + file.state.length - initialLength,
      this.#received,
    )
  }

  /**
   * Emits the layer when its download starts, and completes when all bytes are present. A pause of the layer stops the
   * download and frees its slot; when the pause ends, the download resumes where it stopped.
   * @throws the final failure of the download
   */
  download(layer: ReceivingLayer, scope: Scope): Observable<ArrivingLayer> {
    return defer(() => {
      const { foreignUrls = 'last-first' } = this.#limits
      const countdown = new RetryCountdown()
      const places = placesWithMirrors(layer.descriptor, layer.source, foreignUrls)
      const { file } = layer.arriving
      const running = { file, initialLength: file.state.length }
      this.#running.add(running)
      const end = (): void => {
        this.#running.delete(running)
        this.#received += Math.max(0, file.state.length - running.initialLength)
      }
      const history = new DownloadHistory()
      const control = new InterruptibleControl(layer.control)
      const priority = (): number => control.priority
      const ask = (): Observable<ArrivingLayer> => {
        if (this.#actor.freeSlots === 0) scope.emit(layerProgress(layer, 'waiting'))
        const { group } = layer
        const slice = this.#slices.add({ group, priority, interrupt: () => control.interrupt() })
        return this.#actor
          .ask({ layer, places, countdown, history, onStart: slice.begin }, scope, { priority })
          .pipe(finalize(slice.end))
      }
      const askForSlot = (): Observable<ArrivingLayer> =>
        history.whenReady().pipe(
          concatMap(ask),
          finalize(() => countdown.stop()),
        )
      return pausableReplies(control, askForSlot).pipe(finalize(end))
    })
  }
}

/** Returns whether a registry refused a request temporarily. */
const isRefusal = (error: unknown): boolean =>
  error instanceof WindlassError && (error.subject.status === 429 || error.subject.status === 503)

/** Settings of `download`. */
export interface DownloadOptions {
  readonly store: Store
  readonly downloads: Downloads
  /** Whether to download blobs that are in the store. Default: false. */
  readonly refresh?: boolean
}

/**
 * Returns the stage that downloads each layer, unless its blob is in the store. See `reserve` for the file.
 * @throws the final failure of the download; errors of the store
 */
export function download({
  store,
  downloads,
  refresh = false,
}: DownloadOptions): Stage<SharedLayerTask, ArrivingLayer> {
  return compose(
    reserve({ store, refresh }),
    through(
      (layer: ArrivingLayer, scope) => {
        const { arriving } = layer
        return arriving ? downloads.download({ ...layer, arriving }, scope) : of(layer)
      },
      { name: 'download' },
    ),
  )
}
