/** Provides `commitLayer`, which stores a verified and unpacked layer. */
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import type { Store, StoredLayer } from '../../store/index.js'
import type { UnpackedLayer } from '../elements.js'
import { keepBlob } from '../../transfer/stored/keep-blob.js'
import type { LayerGoal } from '../../transfer/sharing/layer-goal.js'
import { layerProgress } from '../../transfer/layer-progress.js'

/**
 * Returns the stage that syncs the unpacked tree of a layer, and its blob if blobs are kept, renames them into the
 * store, and reports the layer as complete.
 * @throws errors of the store
 */
export function commitLayer(store: Store, goal: LayerGoal): Stage<UnpackedLayer, StoredLayer> {
  return pullStage(
    async (layer: UnpackedLayer, turn): Promise<StoredLayer> => {
      const { staged, unpacked, descriptor, form, arriving } = layer
      if (goal.keepBlobs) await keepBlob(layer, store)
      const { diffID, size, implied } = unpacked
      const properties = { diffID, blob: descriptor, blobKept: goal.keepBlobs, size, form, implied }
      const stored = await staged.commit(properties, turn.signal)
      if (!goal.keepBlobs) await arriving?.partial.discard()
      turn.emit(layerProgress({ ...layer, arriving: undefined }, 'complete'))
      return stored
    },
    { name: 'commit-layer' },
  )
}
