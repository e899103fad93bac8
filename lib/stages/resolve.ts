/**
 * From a name to a manifest: one request, by digest where the name has one, else by tag (S2-10, S2-11),
 * and the one decision what it is (C5).
 */
import { type Stage, stage } from '../flow/index.js'
import { decideManifest } from '../image/index.js'
import type { ImageRequest, Resolved } from './elements.js'
import { manifestEvent } from './manifest-event.js'
import { type RetryPolicy, retryingTransfers } from './retry-policy.js'

export interface ResolveOptions {
  readonly retry: RetryPolicy
  /** Manifests asked for at once. */
  readonly slots?: number
}

export function resolve({ retry, slots = 2 }: ResolveOptions): Stage<ImageRequest, Resolved> {
  return stage(
    async (request: ImageRequest, turn): Promise<Resolved> => {
      const { source, target, digest, name } = request
      const fetched = await source.manifest(target, { signal: turn.signal })
      const document = decideManifest({
        ...fetched,
        reference: name,
        ...(digest === undefined ? {} : { expected: { digest } }),
      })
      turn.emit(manifestEvent(document, fetched.host))
      return { request, document, trail: [] }
    },
    { name: 'resolve', slots, order: 'source', supervise: retryingTransfers(retry) },
  )
}
