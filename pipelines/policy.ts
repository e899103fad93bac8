/** Provides `applyPolicy`, which lets a program accept or refuse images (the stage `onImage`) during a pull. */
import { map } from 'rxjs'
import { WindlassError } from '../lib/errors.js'
import { type Stage, compose, lift } from '../lib/flow/index.js'
import { type PlannedImage, awaitConfig } from '../lib/stages/index.js'
import { noPolicy } from './pull-stages.js'

/**
 * Returns the stage that waits for the config of each image and then applies `onImage`. Without a policy, it does not
 * wait, so that layers are fetched at the same time as the config.
 */
export const applyPolicy = (onImage: Stage<PlannedImage, PlannedImage>): Stage<PlannedImage, PlannedImage> =>
  onImage === noPolicy ? onImage : compose(awaitConfig<PlannedImage>(), onImage, requireImage)

/** Fails if `onImage` returned something other than an image, for example undefined. */
const requireImage: Stage<PlannedImage, PlannedImage> = lift(
  map((image: PlannedImage | undefined) => {
    if (image?.request !== undefined) return image
    throw new WindlassError('STAGE_FAILED', 'The stage onImage returned something that is not an image', {
      hint: 'It must return the image that it receives, or throw an error.',
    })
  }),
)
