/** Provides `policy`, which adds the policy of a program to a pull. */
import { map } from 'rxjs'
import { WindlassError } from '../lib/errors.js'
import { type Stage, compose, lift } from '../lib/flow/index.js'
import { type PlannedImage, awaitConfig } from '../lib/stages/index.js'
import { noPolicy } from './pull-stages.js'

/**
 * Returns the stage that waits for the config of each image and then applies `onImage`. Without a policy, it does not
 * wait, so that layers are fetched at the same time as the config.
 */
export const policy = (onImage: Stage<PlannedImage, PlannedImage>): Stage<PlannedImage, PlannedImage> =>
  onImage === noPolicy ? onImage : compose(awaitConfig<PlannedImage>(), onImage, onlyImages)

/** Fails if the policy returned something other than an image, for example because it forgot to return one. */
const onlyImages: Stage<PlannedImage, PlannedImage> = lift(
  map((image: PlannedImage | undefined) => {
    if (image?.request !== undefined) return image
    throw new WindlassError('STAGE_FAILED', 'The stage in onImage returned something that is no image', {
      hint: 'It has to return the image that it receives, or to throw an error.',
    })
  }),
)
