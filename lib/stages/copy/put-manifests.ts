/** Writes the manifests of a copy to the target: those of images first, then the indexes that list them. */
import { type Stage, pausable } from '../../flow/index.js'
import type { CopiedBlobs, ManifestNode } from '../../transfer/copy/elements.js'
import { mapConcurrently } from '../../transfer/copy/map-concurrently.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'
import { pullStage } from '../pull-stage.js'

/** Settings of `putManifests`. */
export interface PutManifestsOptions {
  readonly retry: RetryPolicy
  /** Maximum number of manifests written concurrently (default 4). */
  readonly slots?: number
}

/**
 * Returns the stage that writes every manifest of a copy except the root, each after the manifests that it refers to.
 * @throws errors of the target
 */
export function putManifests({ retry, slots = 4 }: PutManifestsOptions): Stage<CopiedBlobs, CopiedBlobs> {
  return pullStage(
    async (plan: CopiedBlobs, { signal }) => {
      const { control, target } = plan
      const put = ({ bytes, descriptor }: ManifestNode): Promise<void> =>
        pausable(control, signal, (running) =>
          target.sink.putManifest(bytes, descriptor, { signal: running }),
        )
      for (const level of levelsOf(plan.manifests)) await mapConcurrently(level, slots, put)
      return plan
    },
    { name: 'put-manifests', order: 'source', supervise: retryingTransfers(retry) },
  )
}

/** Groups manifests by their height, the lowest first. Manifests of one group do not refer to each other. */
function levelsOf(nodes: readonly ManifestNode[]): readonly (readonly ManifestNode[])[] {
  const levels: ManifestNode[][] = []
  for (const node of nodes) (levels[node.height] ??= []).push(node)
  return levels.filter((level) => level.length > 0)
}
