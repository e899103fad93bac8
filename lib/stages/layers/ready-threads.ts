/** Starts the threads that will unpack an image as soon as it is known that they will: they load while its first bytes come. */
import { tap } from 'rxjs'
import type { UnpackPool } from '../../archive/index.js'
import { type Stage, lift } from '../../flow/index.js'
import type { PlannedImage } from '../elements.js'
import type { LayerGoal } from '../../transfer/sharing/layer-goal.js'

/** Passes the image on as it is. */
export function readyThreads(
  pool: Pick<UnpackPool, 'ready'>,
  { unpack }: Pick<LayerGoal, 'unpack'>,
): Stage<PlannedImage, PlannedImage> {
  return lift(
    tap(({ layers }: PlannedImage) => {
      if (unpack) pool.ready(layers.filter(({ action }) => action !== 'exists').length)
    }),
  )
}
