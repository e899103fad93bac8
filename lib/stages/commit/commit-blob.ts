/** Provides `commitBlob`, which stores the blob of a layer in a pull that does not unpack. */
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import type { Store } from '../../store/index.js'
import type { ArrivingLayer } from '../../transfer/elements.js'
import { keepBlob } from '../../transfer/stored/keep-blob.js'
import { layerProgress } from '../../transfer/layer-progress.js'

/**
 * Returns the stage that waits until a layer's blob is verified, moves it into the store, and reports the layer as
 * complete.
 * @throws the failure of the download or of its verification; errors of the store
 */
export function commitBlob(store: Store): Stage<ArrivingLayer, undefined> {
  return pullStage(
    async (layer: ArrivingLayer, turn): Promise<undefined> => {
      await layer.arriving?.file.waitFor('verified', turn.signal)
      await keepBlob(layer, store)
      turn.emit(layerProgress({ ...layer, arriving: undefined }, 'complete'))
      return undefined
    },
    { name: 'commit-blob' },
  )
}
