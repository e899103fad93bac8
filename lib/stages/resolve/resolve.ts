/** Provides `resolve`, which fetches the manifest that a name refers to. */
import { requestEvents } from '../../transfer/request-events.js'
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import type { ImageRequest, Resolved } from '../elements.js'
import { fetchManifestDocument } from '../../transfer/documents/manifest-document.js'
import { emitManifest } from '../../transfer/documents/manifest-event.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'

/** Settings of `resolve`. */
export interface ResolveOptions {
  readonly retry: RetryPolicy
  /** Maximum number of manifests requested concurrently (default 2). */
  readonly slots?: number
}

/**
 * Returns the stage that fetches a manifest by digest if the name has one, otherwise by tag, and emits its `manifest`
 * event.
 * @throws errors of `fetchManifestDocument`
 */
export function resolve({ retry, slots = 2 }: ResolveOptions): Stage<ImageRequest, Resolved> {
  return pullStage(
    async (request: ImageRequest, turn): Promise<Resolved> => {
      const { target, digest } = request
      const expected = digest === undefined ? undefined : { digest }
      const { document, host } = await fetchManifestDocument(request, target, {
        ...{ signal: turn.signal, expected, onRequest: requestEvents(turn) },
        onWarning: (code, message) => turn.emit({ type: 'warning', code, message }),
      })
      emitManifest(turn, document, { name: request.name, host })
      return { request, document, parentIndexes: [] }
    },
    { name: 'resolve', slots, order: 'source', supervise: retryingTransfers(retry) },
  )
}
