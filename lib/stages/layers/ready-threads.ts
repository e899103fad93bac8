/**
 * Provides `readyThreads`, which starts the unpacking threads early, so that they load while the first bytes arrive.
 */
import { tap } from 'rxjs'
import type { UnpackPool } from '../../archive/index.js'
import { type Stage, lift } from '../../flow/index.js'
import type { PlannedImage } from '../elements.js'
import type { LayerGoal } from '../../transfer/sharing/layer-goal.js'

/** Returns the stage that starts a thread for each layer that will be unpacked, and passes the image on unchanged. */
export function readyThreads(
  pool: Pick<UnpackPool, 'ready'>,
  { unpack }: Pick<LayerGoal, 'unpack'>,
): Stage<PlannedImage, PlannedImage> {
  return lift(
    tap(({ layers }: PlannedImage) => {
      const missing = layers.filter(({ action }) => action !== 'exists')
      const bytes = missing.reduce((sum, { descriptor }) => sum + descriptor.size, 0)
      if (unpack) pool.ready(missing.length, bytes)
    }),
  )
}
