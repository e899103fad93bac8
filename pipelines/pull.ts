/**
 * Defines the order of the stages of a pull. Each stage is implemented in its own file.
 *
 *     name ─► resolve ─► bySchema ─► policy ─► plan ─► fetchConfig ─► each layer ─► convertSchema1 ─► commitImage
 *             manifest   index ►     signed?    what is  while layers                schema 1 only     config, then
 *             or index   platform               missing  are fetched                                   the name
 *
 *     each layer ═╦═► download ─► verify ─► unpack ─► commitLayer ═╦═►
 *                 ╚══════════════ several at a time ═══════════════╝
 *
 * Pulls that need the same layer at the same time share one download.
 * A schema 1 image has no config: `convertSchema1` makes one from the fetched layers.
 */
import { type Stage, compose } from '../lib/flow/index.js'
import { type ImageRequest, type PulledImage, eachLayer } from '../lib/stages/index.js'
import { applyPolicy } from './policy.js'
import type { PullStages } from './pull-stages.js'

/** Returns a stage that fetches, verifies, unpacks and commits an image. Replace a stage by passing another one. */
export const pull = (stages: PullStages): Stage<ImageRequest, PulledImage> =>
  compose(
    stages.resolve,
    compose(stages.bySchema, stages.policy),
    stages.plan,
    stages.fetchConfig,
    applyPolicy(stages.onImage),
    eachLayer(
      compose(
        stages.ensureLayer(compose(stages.download, stages.verify, stages.unpack, stages.commitLayer)),
        stages.onLayer,
      ),
    ),
    stages.convertSchema1,
    stages.commitImage,
  )
