/** Makes the plans of a puller, and checks the plan that a pull is given. */
import { WindlassError } from '../lib/errors.js'
import { formatPlatform } from '../lib/image/index.js'
import { type ImageRequest } from '../lib/stages/index.js'
import { emptyStoreContents } from '../lib/store/index.js'
import type { LayerGoal, RetryPolicy } from '../lib/transfer/index.js'
import { type PullPlan, planPull } from '../pipelines/plan/plan-pull.js'
import type { Located } from './names/locate-anywhere.js'
import type { LazyParts } from './lazy-parts.js'
import type { PlanRequest } from './options/options.js'
import { layerGoal } from './pull-flow.js'

/** What the plans of a puller share. */
export interface PlannerParts {
  readonly parts: LazyParts
  readonly store: string
  readonly retry: RetryPolicy
  readonly requireSignatures: boolean
}

/** Returns the goal of a pull into a store that does not exist. `form` has no effect, because there are no layers. */
const goalWithoutStore = ({ unpack = true, discardBlobs = false }: PlanRequest): LayerGoal => ({
  ...{ unpack, form: 'overlay', keepBlobs: !discardBlobs || !unpack },
})

/** Returns what a pull would do. Does not create a store. @throws the errors of `planPull`; STORE_* */
export async function makePlan(
  { request, incompleteError }: Located,
  options: PlanRequest,
  { parts, store, retry, requireSignatures }: PlannerParts,
): Promise<PullPlan> {
  if (incompleteError) throw incompleteError()
  const { signal } = options
  const shared = { retry, requireSignatures, signal }
  if (!(await parts.storeExists()))
    return planPull(request, { ...shared, store: emptyStoreContents(store), goal: goalWithoutStore(options) })
  const opened = await parts.open()
  const goal = await layerGoal(request, options, opened.store)
  return planPull(request, { ...shared, store: opened.store, goal })
}

/**
 * Returns `request` with the digest of `plan` as its target, so that it refers to the planned image even if the tag
 * moves.
 * @throws USAGE when the plan is for another name or platform
 */
export function plannedRequest(request: ImageRequest, plan: PullPlan): ImageRequest {
  const platform = formatPlatform(request.platform)
  if (plan.name !== request.name || plan.requestedPlatform !== platform)
    throw new WindlassError(
      'USAGE',
      `The plan is for ${plan.name} (${plan.requestedPlatform}), not for ${request.name} (${platform})`,
      { reference: request.name, hint: 'Make a plan for this image with “plan”, or pull without one.' },
    )
  return { ...request, target: plan.digest, digest: plan.digest }
}
