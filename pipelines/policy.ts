/** Places the policy of a program in a line. */
import { map } from 'rxjs'
import { WindlassError } from '../lib/errors.js'
import { type Stage, compose, lift } from '../lib/flow/index.js'
import { type PlannedImage, awaitConfig } from '../lib/stages/index.js'
import { passesImages } from './pull-stages.js'

/**
 * Returns the stage that waits for the config of each image and then applies `onImage`. Without a policy, images pass at
 * once, and their layers are fetched while the config is on its way.
 */
export const policy = (onImage: Stage<PlannedImage, PlannedImage>): Stage<PlannedImage, PlannedImage> =>
  onImage === passesImages ? onImage : compose(awaitConfig<PlannedImage>(), onImage, onlyImages)

/** Fails for what is no image. A policy of a program may forget to return it. */
const onlyImages: Stage<PlannedImage, PlannedImage> = lift(
  map((image: PlannedImage | undefined) => {
    if (image?.request !== undefined) return image
    throw new WindlassError('STAGE_FAILED', 'The stage in onImage returned something that is no image', {
      hint: 'It has to return the image that it receives, or to throw an error.',
    })
  }),
)
