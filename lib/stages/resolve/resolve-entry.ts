/** Provides `resolveEntry`, which fetches one entry of an index. */
import { requestEvents } from '../../transfer/request-events.js'
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import type { ImageRequest, Resolved } from '../elements.js'
import type { IndexedImage } from './images-of-index.js'
import { fetchManifestDocument } from '../../transfer/documents/manifest-document.js'
import { emitManifest } from '../../transfer/documents/manifest-event.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'

/**
 * Returns the stage that fetches the manifest of the given entry, whatever its platform, and emits its `manifest`
 * event.
 * @throws errors of `fetchManifestDocument`
 */
export function resolveEntry(
  { descriptor, parentIndexes }: IndexedImage,
  { retry }: { readonly retry: RetryPolicy },
): Stage<ImageRequest, Resolved> {
  return pullStage(
    async (request: ImageRequest, turn): Promise<Resolved> => {
      const { document, ...server } = await fetchManifestDocument(request, descriptor.digest, {
        signal: turn.signal,
        expected: descriptor,
        onRequest: requestEvents(turn, descriptor.digest),
      })
      emitManifest(turn, document, { name: request.name, ...server })
      return { request, document, parentIndexes }
    },
    { name: 'resolve-entry', order: 'source', supervise: retryingTransfers(retry) },
  )
}
