/** Provides `policy`, which adds the policy of a program to a pull. */
import { type Stage, compose } from '../lib/flow/index.js'
import { type PlannedImage, awaitConfig } from '../lib/stages/index.js'
import { noPolicy } from './pull-stages.js'

/**
 * Returns the stage that waits for the config of each image and then applies `onImage`. Without a policy, it does not
 * wait, so that layers are fetched at the same time as the config.
 */
export const policy = (onImage: Stage<PlannedImage, PlannedImage>): Stage<PlannedImage, PlannedImage> =>
  onImage === noPolicy ? onImage : compose(awaitConfig<PlannedImage>(), onImage)
