/** Resolves one entry of an index. */
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import type { ImageRequest, Resolved } from '../elements.js'
import type { IndexedImage } from './images-of-index.js'
import { manifestDocument } from '../../transfer/documents/manifest-document.js'
import { emitManifest } from '../../transfer/documents/manifest-event.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'

/**
 * Returns the stage that fetches the manifest of the given entry, regardless of other entries, and emits its
 * `manifest` event.
 * @throws errors of `manifestDocument`
 */
export function resolveEntry(
  { descriptor, trail }: IndexedImage,
  { retry }: { readonly retry: RetryPolicy },
): Stage<ImageRequest, Resolved> {
  return pullStage(
    async (request: ImageRequest, turn): Promise<Resolved> => {
      const { document, host } = await manifestDocument(request, descriptor.digest, {
        signal: turn.signal,
        expected: descriptor,
      })
      emitManifest(turn, document, { name: request.name, host })
      return { request, document, trail }
    },
    { name: 'resolve-entry', order: 'source', supervise: retryingTransfers(retry) },
  )
}
