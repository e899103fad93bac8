/**
 * Brings a layer's bytes. The layer travels on as soon as its download has a slot, its file still growing; the slot
 * is held until all bytes are here (S2-55). What broke off is tried again from where it stopped (S2-50, S2-66); a
 * request that answers 401 was re-authenticated once before it got here (S1-10).
 */
import { of } from 'rxjs'
import { Actor, type Scope, type Stage, compose, through } from '../flow/index.js'
import type { Store } from '../store/index.js'
import type { ArrivingLayer, SharedLayerTask } from './elements.js'
import { layerProgress } from './layer-progress.js'
import { reserve } from './reserve.js'
import { type RetryPolicy, retryingTransfers } from './retry-policy.js'
import { type DownloadTask, transfer } from './transfer.js'

/** The transfers of all pulls of a puller, `slots` at once (S2-48). */
export interface Downloads {
  readonly actor: Actor<DownloadTask, ArrivingLayer>
  readonly slots: number
}

export function downloadSlots(slots: number, retry: RetryPolicy, scope: Scope): Downloads {
  const supervise = retryingTransfers(retry)
  return {
    slots,
    actor: new Actor(() => transfer(supervise), { name: 'downloads', slots, supervise }, scope),
  }
}

export interface DownloadOptions {
  readonly store: Store
  readonly downloads: Downloads
}

export function download({ store, downloads }: DownloadOptions): Stage<SharedLayerTask, ArrivingLayer> {
  const { actor, slots } = downloads
  return compose(
    reserve(store),
    through(
      (layer: ArrivingLayer, scope) => {
        const { arriving } = layer
        if (!arriving) return of(layer)
        if (actor.load.active >= slots) scope.emit(layerProgress(layer, 'waiting')) // S2-47
        return actor.ask({ ...layer, arriving }, scope)
      },
      { name: 'download' },
    ),
  )
}
