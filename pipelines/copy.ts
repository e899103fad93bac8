/**
 * Defines the order of the stages of a copy. A copy writes nothing to the disk, unless the target is a layout on it.
 *
 *     name ─► resolve ─► choose ─► policy ─► readManifests ─► each blob ─► putManifests ─► putReferrers ─► putRoot
 *             manifest   platform  signed?    all of an index,              images, then    signatures,      with the tag,
 *             or index                        or of the image               indexes         SBOMs            last of all
 *
 *     each blob ═╦═► skip if the target has it, else mount, else stream from source to target ═╦═►
 *                ╚═════════════════ several at a time, each digest once ═══════════════════════╝
 *
 * Manifests are not changed, so their digests stay the same. Children are written before the manifests that list them,
 * so that the target never refers to content that it does not have.
 */
import { type Stage, compose } from '../lib/flow/index.js'
import { type ImageRequest, eachBlob } from '../lib/stages/index.js'
import type { CopiedImage } from '../lib/transfer/index.js'
import type { CopyStages } from './copy-stages.js'

/**
 * Returns a stage that copies an image, or an index with everything in it. Replace a stage by passing another one.
 *
 * @example
 * const target = { name: 'localhost:5000/app:1', sink: registrySink('localhost:5000/app'), tag: '1' }
 * const pipeline = copy(copyStages({ target, allPlatforms: true }))
 */
export const copy = (stages: CopyStages): Stage<ImageRequest, CopiedImage> =>
  compose(
    stages.resolve,
    stages.choose,
    stages.policy,
    stages.readManifests,
    eachBlob(stages.copyBlobs),
    compose(stages.putManifests, stages.putReferrers),
    stages.putRoot,
  )
