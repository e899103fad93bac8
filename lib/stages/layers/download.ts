/**
 * Brings a layer's bytes. The layer travels on as soon as its download has a slot, its file still growing; the slot
 * is held until all bytes are here. What broke off is tried again from where it stopped, as long
 * as the attempts bring something on; a
 * request that answers 401 was re-authenticated once before it got here; a layer that the registry does not
 * give may come from the URLs of its descriptor.
 */
import { type Observable, defer, finalize, of } from 'rxjs'
import { Actor, type Scope, type Stage, compose, through } from '../../flow/index.js'
import type { Store } from '../../store/index.js'
import { BlobRoute, type ForeignUrlOrder } from '../../transfer/blob-route.js'
import type { ArrivingLayer, SharedLayerTask } from '../../transfer/elements.js'
import { layerProgress } from '../../transfer/layer-progress.js'
import type { ReceivingLayer } from '../../transfer/receive.js'
import { reserve } from './reserve.js'
import { RetryCountdown } from '../../transfer/retry-countdown.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'
import { type DownloadTask, type DecideTransfer, transfer } from '../../transfer/transfer.js'

export interface DownloadLimits {
  /** Transfers at once, over all pulls. */
  readonly slots: number
  readonly retry: RetryPolicy
  /** `last-first`, unless said otherwise. */
  readonly foreignUrls?: ForeignUrlOrder
}

/** The transfers of all pulls of a puller: `slots` at once, first come, first served. */
export class Downloads {
  readonly #actor: Actor<DownloadTask, ArrivingLayer>
  readonly #limits: DownloadLimits

  constructor(limits: DownloadLimits, scope: Scope) {
    const retry = retryingTransfers(limits.retry)
    const { attemptsInAll = 1_000 } = limits.retry
    const decide: DecideTransfer = (failure) =>
      failure.attempt >= attemptsInAll
        ? 'fail'
        : retry({ ...failure, attempt: failure.message.route.attemptHere(failure.attempt) })
    const { slots } = limits
    this.#limits = limits
    this.#actor = new Actor(() => transfer(decide), { name: 'downloads', slots, supervise: decide }, scope)
  }

  /** How many transfers run, and how many wait for one of them to end. */
  get load(): { readonly active: number; readonly waiting: number } {
    return this.#actor.load
  }

  /** Answers with the layer as soon as its transfer runs, and ends when all its bytes are here. */
  bring(layer: ReceivingLayer, scope: Scope): Observable<ArrivingLayer> {
    return defer(() => {
      const { slots, foreignUrls = 'last-first' } = this.#limits
      const countdown = new RetryCountdown()
      const route = new BlobRoute(layer.descriptor, foreignUrls)
      if (this.load.active >= slots) scope.emit(layerProgress(layer, 'waiting'))
      return this.#actor.ask({ layer, route, countdown }, scope).pipe(finalize(() => countdown.stop()))
    })
  }
}

export interface DownloadOptions {
  readonly store: Store
  readonly downloads: Downloads
  /** Fetch blobs again even if they are here. */
  readonly refresh?: boolean
}

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
        return arriving ? downloads.bring({ ...layer, arriving }, scope) : of(layer)
      },
      { name: 'download' },
    ),
  )
}
