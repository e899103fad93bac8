/**
 * From a name to a manifest: one request, by digest where the name has one, else by tag, and the one decision what it is.
 */
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import type { ImageRequest, Resolved } from '../elements.js'
import { manifestDocument } from './manifest-document.js'
import { emitManifest } from './manifest-event.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'

export interface ResolveOptions {
  readonly retry: RetryPolicy
  /** Manifests asked for at once. */
  readonly slots?: number
}

export function resolve({ retry, slots = 2 }: ResolveOptions): Stage<ImageRequest, Resolved> {
  return pullStage(
    async (request: ImageRequest, turn): Promise<Resolved> => {
      const { target, digest } = request
      const expected = digest === undefined ? undefined : { digest }
      const { document, host } = await manifestDocument(request, target, {
        ...{ signal: turn.signal, expected },
        onWarning: (code, message) => turn.emit({ type: 'warning', code, message }),
      })
      emitManifest(turn, document, { name: request.name, host })
      return { request, document, trail: [] }
    },
    { name: 'resolve', slots, order: 'source', supervise: retryingTransfers(retry) },
  )
}
