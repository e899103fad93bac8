/**
 * Provides `fetch`, a pull without unpacking. The store then has the verified blobs in a valid OCI layout, and no
 * trees.
 */
import { type Stage, compose } from '../lib/flow/index.js'
import { type ImageRequest, type PulledImage, eachLayer } from '../lib/stages/index.js'
import { applyPolicy } from './policy.js'
import type { PullStages } from './pull-stages.js'

/** Returns a stage that downloads, verifies and commits the blobs of an image and does not unpack its layers. */
export const fetch = (stages: PullStages): Stage<ImageRequest, PulledImage> =>
  compose(
    stages.resolve,
    compose(stages.bySchema, stages.policy),
    stages.plan,
    stages.fetchConfig,
    applyPolicy(stages.onImage),
    eachLayer(
      compose(stages.ensureLayer(compose(stages.download, stages.verify, stages.commitBlob)), stages.onLayer),
    ),
    stages.convertSchema1,
    stages.commitImage,
  )
