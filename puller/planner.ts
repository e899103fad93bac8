/** Makes the plans of a puller, and checks the plan that a pull is given. */
import { WindlassError } from '../lib/errors.js'
import { formatPlatform } from '../lib/image/index.js'
import { emptyStoreContents } from '../lib/store/index.js'
import type { LayerGoal, RetryPolicy } from '../lib/transfer/index.js'
import { type PullPlan, planPull } from '../pipelines/plan/plan-pull.js'
import { chooseImage } from './names/choose-image.js'
import { type Located, nameOf } from './names/located.js'
import { withSource } from './names/with-source.js'
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
  located: Located,
  options: PlanRequest,
  { parts, store, retry, requireSignatures }: PlannerParts,
): Promise<PullPlan> {
  if (located.incompleteError) throw located.incompleteError()
  const { signal } = options
  const shared = { retry, requireSignatures, signal }
  const warnings: PullPlan['warnings'][number][] = []
  const onWarning = (code: string, message: string) => void warnings.push({ code, message })
  const request = await chooseImage(located, { retry, signal, onWarning })
  const plan = await withSource(request, async () => {
    if (!(await parts.storeExists()))
      return planPull(request, {
        ...{ ...shared, store: emptyStoreContents(store), goal: goalWithoutStore(options) },
      })
    const opened = await parts.open()
    const goal = await layerGoal(request, options, opened.store)
    return planPull(request, { ...shared, store: opened.store, goal })
  })
  return { ...plan, warnings: [...warnings, ...plan.warnings] }
}

/**
 * Returns `located` with the image of `plan` as its only candidate, by its digest, so that it is the planned image even if
 * the tag moves.
 * @throws USAGE when the plan is for another name or platform
 */
export function plannedImage(located: Located, plan: PullPlan): Located {
  const { candidates } = located
  const request = candidates.map((each) => each.request).find(({ name }) => name === plan.name)
  const [{ request: first }] = candidates
  const platform = formatPlatform(first.platform)
  if (request === undefined || plan.requestedPlatform !== platform)
    throw new WindlassError(
      'USAGE',
      `The plan is for ${plan.name} (${plan.requestedPlatform}), not for ${nameOf(located)} (${platform})`,
      { reference: nameOf(located), hint: 'Make a plan for this image with “plan”, or pull without one.' },
    )
  const planned = { ...request, target: plan.digest, digest: plan.digest }
  return { ...located, candidates: [{ request: planned }] }
}
