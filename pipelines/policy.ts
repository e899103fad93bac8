/** Places the policy of a program in a line. */
import { type Stage, compose } from '../lib/flow/index.js'
import { type PlannedImage, awaitConfig } from '../lib/stages/index.js'
import { passesImages } from './pull-stages.js'

/**
 * Returns the stage that waits for the config of each image and then applies `onImage`. Without a policy, images pass at
 * once, and their layers are fetched while the config is on its way.
 */
export const policy = (onImage: Stage<PlannedImage, PlannedImage>): Stage<PlannedImage, PlannedImage> =>
  onImage === passesImages ? onImage : compose(awaitConfig<PlannedImage>(), onImage)
