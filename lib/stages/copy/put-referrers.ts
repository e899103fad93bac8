/** Writes what belongs to the manifests of a copy: signatures, SBOMs, attestations. */
import { type Stage, pausable } from '../../flow/index.js'
import type { CopiedBlobs, ReferrerNode } from '../../transfer/copy/elements.js'
import { mapConcurrently } from '../../transfer/copy/map-concurrently.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'
import { pullStage } from '../pull-stage.js'

/** Settings of `putReferrers`. */
export interface PutReferrersOptions {
  readonly retry: RetryPolicy
  /** Maximum number of manifests written concurrently (default 4). */
  readonly slots?: number
}

/**
 * Returns the stage that writes the referrers of a copy, so that the target lists them: by its referrers API, or else under
 * a tag. It stands before the root, so that the image has its signatures as soon as the tag refers to it.
 * @throws errors of the target
 */
export function putReferrers({ retry, slots = 4 }: PutReferrersOptions): Stage<CopiedBlobs, CopiedBlobs> {
  return pullStage(
    async (plan: CopiedBlobs, turn) => {
      const { control, target, referrers = [] } = plan
      const { sink } = target
      const onWarning = (code: string, message: string): void => turn.emit({ type: 'warning', code, message })
      await mapConcurrently(referrers, slots, ({ bytes, descriptor, subject, tag }: ReferrerNode) =>
        pausable(control, turn.signal, async (signal) => {
          if (tag !== undefined) await sink.putManifest(bytes, descriptor, { signal, onWarning, tag })
          else if (sink.putReferrer) await sink.putReferrer(bytes, descriptor, subject, { signal, onWarning })
          else await sink.putManifest(bytes, descriptor, { signal, onWarning })
        }),
      )
      return plan
    },
    { name: 'put-referrers', order: 'source', supervise: retryingTransfers(retry) },
  )
}
