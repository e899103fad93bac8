/**
 * Downloads layers. A layer is emitted as soon as its download has a slot, while its file still grows; the slot is
 * held until all bytes are present. A failed download resumes where it stopped; an attempt that makes progress counts
 * as the first again. If the registry does not provide a layer, the URLs of its descriptor are tried.
 */
import { type Observable, defer, finalize, of } from 'rxjs'
import type { GrowingFile } from '../../bytes/index.js'
import { WindlassError } from '../../errors.js'
import { Actor, type Scope, type Stage, compose, through } from '../../flow/index.js'
import type { Store } from '../../store/index.js'
import type { ArrivingLayer, SharedLayerTask } from '../../transfer/elements.js'
import { layerProgress } from '../../transfer/layer-progress.js'
import type { ReceivingLayer } from '../../transfer/receive.js'
import { type ForeignUrlOrder, placesOf } from '../../transfer/places/places-of.js'
import { reserve } from './reserve.js'
import { RetryCountdown } from '../../transfer/retry-countdown.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'
import { type DownloadTask, type DecideTransfer, transfer } from '../../transfer/transfer.js'

/** Limits of the downloads of a puller. */
export interface DownloadLimits {
  /** Maximum number of concurrent downloads, over all pulls. */
  readonly slots: number
  readonly retry: RetryPolicy
  /** Order of foreign URLs (default `last-first`). */
  readonly foreignUrls?: ForeignUrlOrder
  /** Is called when a registry refuses a download for the time being (429, 503); several times for one refusal. */
  readonly onRefused?: () => void
}

/** The downloads of all pulls of a puller. At most `slots` run concurrently; the pulls share them fairly. */
export class Downloads {
  readonly #actor: Actor<DownloadTask, ArrivingLayer>
  readonly #limits: DownloadLimits
  /** The downloads in progress, each with the length of its file when it was requested. */
  readonly #running = new Set<{ readonly file: GrowingFile; readonly from: number }>()
  /** Number of bytes that ended downloads have received. */
  #received = 0

  constructor(limits: DownloadLimits, scope: Scope) {
    const retry = retryingTransfers(limits.retry)
    const { attemptsInAll = 1_000 } = limits.retry
    const { slots, onRefused } = limits
    const decide: DecideTransfer = (failure) => {
      if (isRefusal(failure.error)) onRefused?.()
      return failure.attempt >= attemptsInAll
        ? 'fail'
        : retry({ ...failure, attempt: failure.message.places.attemptHere(failure.attempt) })
    }
    this.#limits = limits
    const group = ({ layer }: DownloadTask): object | undefined => layer.group
    const options = { name: 'downloads', slots, supervise: decide, group }
    this.#actor = new Actor(() => transfer(decide), options, scope)
  }

  /** Changes the number of concurrent downloads. Running downloads go on. */
  resize(slots: number): void {
    this.#actor.resize(slots)
  }

  /** Number of running downloads, and of downloads that wait for a slot. */
  get load(): { readonly active: number; readonly waiting: number } {
    return this.#actor.load
  }

  /** Number of bytes that all downloads have received. */
  get received(): number {
    return [...this.#running].reduce((sum, { file, from }) => sum + file.state.length - from, this.#received)
  }

  /**
   * Emits the layer as soon as its download runs, and completes when all bytes are present.
   * @throws the final failure of the download
   */
  download(layer: ReceivingLayer, scope: Scope): Observable<ArrivingLayer> {
    return defer(() => {
      const { foreignUrls = 'last-first' } = this.#limits
      const countdown = new RetryCountdown()
      const places = placesOf(layer.descriptor, layer.source, foreignUrls)
      if (this.#actor.freeSlots === 0) scope.emit(layerProgress(layer, 'waiting'))
      const { file } = layer.arriving
      const running = { file, from: file.state.length }
      this.#running.add(running)
      const end = (): void => {
        countdown.stop()
        this.#running.delete(running)
        this.#received += Math.max(0, file.state.length - running.from)
      }
      return this.#actor.ask({ layer, places, countdown }, scope).pipe(finalize(end))
    })
  }
}

/** Reports whether a registry asks for fewer requests. */
const isRefusal = (error: unknown): boolean =>
  error instanceof WindlassError && (error.subject.status === 429 || error.subject.status === 503)

/** Settings of `download`. */
export interface DownloadOptions {
  readonly store: Store
  readonly downloads: Downloads
  /** Download blobs even if they are in the store (default false). */
  readonly refresh?: boolean
}

/**
 * Returns the stage that reserves a place for each layer and downloads it, unless its blob is in the store.
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
