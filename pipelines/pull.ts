/**
 * The pull of an image, written once: what a stage does stands in its own file, what follows what stands here.
 *
 *     name ─► resolve ─► bySchema ─► plan ─► fetchConfig ─► each layer ═╦═► download ─► verify ─► unpack ─► commit ═╦═► commitImage
 *             manifest    index ►     what is  beside the               ╚══ bounded, paced by demand, shared by ════╝   config, then
 *             or index    platform    missing  layers                       all pulls that want the same layer          the name
 *
 * A schema 1 image has no config: `convertSchema1`, before `commitImage`, makes one of the layers that came.
 */
import { type Stage, compose } from '../lib/flow/index.js'
import { type ImageRequest, type PulledImage, eachLayer } from '../lib/stages/index.js'
import type { PullStages } from './pull-stages.js'

/** Brings an image into the store: verified, unpacked, committed. Replace a stage by giving another in its place. */
export const pull = (stages: PullStages): Stage<ImageRequest, PulledImage> =>
  compose(
    stages.resolve,
    stages.bySchema,
    stages.plan,
    stages.fetchConfig,
    eachLayer(
      compose(
        stages.ensureLayer(compose(stages.download, stages.verify, stages.unpack, stages.commitLayer)),
        stages.onLayer,
      ),
    ),
    stages.convertSchema1,
    stages.commitImage,
  )
