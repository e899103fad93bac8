/** Lets a layer be seen in the store: its blob, then its tree, each by one rename of what is verified and synced. */
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import type { Store, StoredLayer } from '../../store/index.js'
import type { UnpackedLayer } from '../elements.js'
import { keepBlob } from '../layers/keep-blob.js'
import type { LayerGoal } from '../../transfer/sharing/layer-goal.js'
import { layerProgress } from '../../transfer/layer-progress.js'

export function commitLayer(store: Store, goal: LayerGoal): Stage<UnpackedLayer, StoredLayer> {
  return pullStage(
    async (layer: UnpackedLayer, turn): Promise<StoredLayer> => {
      const { staged, unpacked, descriptor, form, arriving } = layer
      if (goal.keepBlobs) await keepBlob(layer, store)
      const { diffID, size, implied } = unpacked
      const stored = await staged.commit({ diffID, blob: descriptor, size, form, implied }, turn.signal)
      if (!goal.keepBlobs) await arriving?.partial.discard()
      turn.emit(layerProgress({ ...layer, arriving: undefined }, 'complete'))
      return stored
    },
    { name: 'commit-layer' },
  )
}
