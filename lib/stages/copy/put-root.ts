/** Completes a copy: writes the manifest or index that the name of the target refers to. */
import { type Stage, pausable } from '../../flow/index.js'
import type { BlobOutcome, CopiedBlobs, CopiedImage } from '../../transfer/copy/elements.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'
import { pullStage } from '../pull-stage.js'

/**
 * Returns the stage that writes the root of a copy with its tag, after everything else, and emits the `copied` event.
 * The root is not written if the target had the whole copy under the tag.
 * @throws errors of the target
 */
export function putRoot({ retry }: { readonly retry: RetryPolicy }): Stage<CopiedBlobs, CopiedImage> {
  return pullStage(
    async (plan: CopiedBlobs, turn): Promise<CopiedImage> => {
      const { root, target, wasTagged, control } = plan
      const { sink, tag } = target
      const isUnchanged = wasTagged && !lacksAnyPart(plan)
      // A target without `hasImage` may lack the manifest itself.
      if (!isUnchanged || sink.hasImage === undefined)
        await pausable(control, turn.signal, (signal) =>
          sink.putManifest(root.bytes, root.descriptor, {
            ...{ root: true, signal },
            ...(tag !== undefined && { tag }),
          }),
        )
      if (sink.finish) await pausable(control, turn.signal, (signal) => sink.finish!({ signal }))
      const image = resultOf(plan, isUnchanged)
      turn.emit({ type: 'copied', ...image })
      return plan.referrers ? { ...image, referrers: plan.referrers.length } : image
    },
    { name: 'put-root', order: 'source', supervise: retryingTransfers(retry) },
  )
}

/** Returns whether the target did not have a part of the copy. */
function lacksAnyPart({ manifests, copied, target }: CopiedBlobs): boolean {
  // `manifests` contains all manifests if the target has no `hasImage`, and then says nothing about the target.
  const lacked = target.sink.hasImage === undefined ? [] : manifests
  return lacked.some(({ height }) => height === 0) || copied.some(({ outcome }) => outcome !== 'exists')
}

function resultOf({ from, target, root, copied }: CopiedBlobs, isUnchanged: boolean): CopiedImage {
  const blobs: Record<BlobOutcome, number> = { copied: 0, mounted: 0, exists: 0 }
  const bytes = { total: 0, copied: 0 }
  for (const { descriptor, outcome } of copied) {
    blobs[outcome]++
    bytes.total += descriptor.size
    if (outcome === 'copied') bytes.copied += descriptor.size
  }
  const { digest, mediaType } = root.descriptor
  const status = isUnchanged ? 'up-to-date' : 'newer'
  return { from, name: target.name, digest, mediaType, status, bytes, blobs }
}
