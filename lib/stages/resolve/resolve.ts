/** Provides `resolve`, which fetches the manifest that a name refers to. */
import { requestEvents } from '../../transfer/request-events.js'
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import type { ImageRequest, Resolved } from '../elements.js'
import { fetchManifestDocument } from '../../transfer/documents/manifest-document.js'
import { storedRoot } from '../../transfer/stored/stored-manifest.js'
import type { Store } from '../../store/index.js'
import { emitManifest } from '../../transfer/documents/manifest-event.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'

/** Settings of `resolve`. */
export interface ResolveOptions {
  readonly retry: RetryPolicy
  /**
   * A store that may have the manifest. If it has the name, a HEAD request first asks whether the name still refers to the stored
   * manifest, which is then used.
   */
  readonly store?: Store | undefined
  /** Maximum number of manifests requested concurrently (default 2). */
  readonly slots?: number
}

/**
 * Returns the stage that fetches a manifest by digest if the name has one, otherwise by tag, and emits its `manifest`
 * event.
 * @throws errors of `fetchManifestDocument`
 */
export function resolve({ retry, store, slots = 2 }: ResolveOptions): Stage<ImageRequest, Resolved> {
  return pullStage(
    async (request: ImageRequest, turn): Promise<Resolved> => {
      const { target, digest } = request
      const expected = digest === undefined ? undefined : { digest }
      const options = {
        ...{ signal: turn.signal, onRequest: requestEvents(turn) },
        onWarning: (code: string, message: string) => turn.emit({ type: 'warning', code, message }),
      }
      const { document, ...server } =
        (store && (await storedRoot(request, store, options))) ??
        (await fetchManifestDocument(request, target, { ...options, expected }))
      emitManifest(turn, document, { name: request.name, ...server })
      return { request, document, parentIndexes: [] }
    },
    { name: 'resolve', slots, order: 'source', supervise: retryingTransfers(retry) },
  )
}
