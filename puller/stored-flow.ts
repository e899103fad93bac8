/** The pull of an image that the store has under a name which is no reference: unpacked, and named as it was. */
import type { WindlassError } from '../lib/errors.js'
import type { Flow } from '../lib/flow/index.js'
import { type ImageRequest, type PulledImage, commitImage } from '../lib/stages/index.js'
import type { PullOptions } from './options/options.js'
import { pullFlow } from './pull-flow.js'
import type { PullParts } from '../pipelines/pull-stages.js'
import { storedImage } from '../pipelines/stored-image.js'

/** Nothing can be fetched anew. The name stays as its tool wrote it. @throws what `notWhole` answers where something is missing */
export async function storedFlow(
  request: ImageRequest,
  options: PullOptions,
  parts: PullParts,
  notWhole: () => WindlassError,
): Promise<Flow<PulledImage>> {
  if (!(await storedImage(request, parts.store))) throw notWhole()
  return pullFlow(request, { ...options, refresh: false }, parts, (bound) => ({
    ...bound,
    commitImage: commitImage(parts.store, { named: false }),
  }))
}
