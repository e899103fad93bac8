/** Builds the flow of a pull of an image in the store whose name is not a reference. */
import type { WindlassError } from '../lib/errors.js'
import type { Flow } from '../lib/flow/index.js'
import { type ImageRequest, type PulledImage, commitImage } from '../lib/stages/index.js'
import type { PullOptions } from './options/options.js'
import { pullFlow } from './pull-flow.js'
import type { PullParts } from '../pipelines/pull-stages.js'
import { storedImage } from '../pipelines/stored-image.js'

/**
 * Returns the flow that unpacks the image. It fetches nothing and does not change the name.
 * @throws the result of `incompleteError` when the store has only a part of the image
 */
export async function storedFlow(
  request: ImageRequest,
  options: PullOptions,
  parts: PullParts,
  incompleteError: () => WindlassError,
): Promise<Flow<PulledImage>> {
  if (!(await storedImage(request, parts.store))) throw incompleteError()
  return pullFlow(request, { ...options, refresh: false }, parts, (bound) => ({
    ...bound,
    commitImage: commitImage(parts.store, { named: false }),
  }))
}
