/** Resolves a name to the layers of an image, without its config and without a store. */
import type { Descriptor } from '../lib/image/index.js'
import { mediaTypes } from '../lib/image/index.js'
import { Flow, compose, type Scope } from '../lib/flow/index.js'
import {
  type ImageRequest,
  bySchema,
  choosePlatform,
  readMissingPlatforms,
  readSchema1,
  resolve,
} from '../lib/stages/index.js'
import type { RetryPolicy } from '../lib/transfer/index.js'
import { runForResult } from './run-for-result.js'

/** Options of `imageLayers`. */
export interface ImageLayersOptions {
  readonly retry: RetryPolicy
  readonly requireSignatures: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * Returns the descriptors of the layers, base first. A schema 1 manifest states no sizes, so the source is asked for
 * them.
 * @throws errors of resolving the name
 */
export async function imageLayers(
  request: ImageRequest,
  { retry, requireSignatures, signal }: ImageLayersOptions,
  scope: Scope,
): Promise<readonly Descriptor[]> {
  const stages = {
    index: compose(readMissingPlatforms({ retry }), choosePlatform({ retry })),
    schema1: readSchema1({ requireSignatures }),
  }
  const flow = Flow.of(request).pipe(resolve({ retry }), bySchema(stages, request.limits?.indexDepth))
  const { document } = await runForResult(flow, scope, signal)
  if (document.kind === 'image') return document.manifest.layers
  const { layers } = document.image
  return Promise.all(
    layers.map(async ({ digest }) => ({
      ...{ digest, mediaType: mediaTypes.dockerLayerGzip },
      size: await request.source.blobSize(digest, signal && { signal }),
    })),
  )
}
