/** The pull that stops short of unpacking: verified blobs, a valid OCI layout, no trees. */
import { type Stage, compose } from '../lib/flow/index.js'
import { type ImageRequest, type PulledImage, eachLayer } from '../lib/stages/index.js'
import type { PullStages } from './pull-stages.js'

export const fetch = (stages: PullStages): Stage<ImageRequest, PulledImage> =>
  compose(
    stages.resolve,
    stages.bySchema,
    stages.plan,
    stages.fetchConfig,
    eachLayer(
      compose(stages.ensureLayer(compose(stages.download, stages.verify, stages.commitBlob)), stages.onLayer),
    ),
    stages.convertSchema1,
    stages.commitImage,
  )
