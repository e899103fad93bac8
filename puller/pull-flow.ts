/** Builds the flow of one pull from its options. */
import { hostWhiteoutForm, type WhiteoutForm } from '../lib/archive/index.js'
import { quoted } from '../lib/codec/printable.js'
import { WindlassError } from '../lib/errors.js'
import { Flow, compose } from '../lib/flow/index.js'
import { type ImageRequest, type PulledImage, assemble } from '../lib/stages/index.js'
import { LayerFlights, type LayerGoal } from '../lib/transfer/index.js'
import { type Store, isNotWritableError } from '../lib/store/index.js'
import { fetch } from '../pipelines/fetch.js'
import { followPlan } from '../pipelines/plan/follow-plan.js'
import { imagePolicy } from './options/policy-options.js'
import type { PlanRequest, PullOptions } from './options/options.js'
import { pull } from '../pipelines/pull.js'
import { type PullParts, type PullStages, pullStages } from '../pipelines/pull-stages.js'
import { storedImage } from '../pipelines/stored-image.js'

/**
 * Returns the flow that pulls the image of `request`.
 * @param adaptStages - replaces stages of a pull that is part of a set; applied before the option `stages`
 */
export async function pullFlow(
  request: ImageRequest,
  options: PullOptions,
  sharedParts: PullParts,
  adaptStages: (stages: PullStages) => PullStages = (stages) => stages,
): Promise<Flow<PulledImage>> {
  const { unpack = true, rootfs, stages: replaceStages, onEntry, plan } = options
  const own = await imagePolicy(options.policy)
  const parts = own ? { ...sharedParts, policy: own } : sharedParts
  const goal = await layerGoal(request, options, parts.store)
  const withPlan = (stages: PullStages): PullStages =>
    plan === undefined ? stages : { ...stages, plan: compose(stages.plan, followPlan(plan)) }
  const stages = stagesFor(parts, goal, { replaceStages, onEntry }, (bound) => withPlan(adaptStages(bound)))
  const image = Flow.of(request).pipe(unpack ? pull(stages) : fetch(stages))
  return rootfs === undefined
    ? image
    : image.pipe(assemble({ ...parts, directory: rootfs, control: request.control }))
}

/** Returns what a pull with these options needs of each layer. @throws STORE_* */
export async function layerGoal(
  request: ImageRequest,
  { unpack = true, discardBlobs = false, refresh = false, whiteouts }: PlanRequest,
  store: Store,
): Promise<LayerGoal> {
  const form = whiteouts ?? (await whiteoutFormFor(request, store))
  return { unpack, form, keepBlobs: !discardBlobs || !unpack, refresh }
}

/**
 * Returns the whiteout form that this process can create. If the store is read-only, returns that of the stored image.
 */
async function whiteoutFormFor(request: ImageRequest, store: Store): Promise<WhiteoutForm> {
  try {
    return await hostWhiteoutForm(await store.stagingDirectory())
  } catch (error) {
    if (!isNotWritableError(error)) throw error
    const stored = await storedImage(request, store).catch(() => undefined)
    for (const { diffID } of stored?.layers ?? []) {
      const layer = await store.layers.find(diffID)
      if (layer) return layer.form
    }
    return 'overlay'
  }
}

function stagesFor(
  parts: PullParts,
  goal: LayerGoal,
  options: { readonly replaceStages: PullOptions['stages']; readonly onEntry: PullOptions['onEntry'] },
  adaptStages: (stages: PullStages) => PullStages,
): PullStages {
  const { replaceStages, onEntry } = options
  if (!replaceStages && !onEntry) return adaptStages(pullStages(parts, goal))
  // A layer that another pull downloads does not pass through the stages of this pull, so downloads are not shared.
  const stages = adaptStages(pullStages({ ...parts, flights: new LayerFlights() }, goal, { onEntry }))
  return { ...stages, ...checkedStages(replaceStages?.(stages) ?? {}, stages) }
}

/**
 * Returns `replaced`. A stage with a name that a pull does not have would never run: a policy would have no effect.
 * @throws WindlassError USAGE for such a name, and for a value that is not a stage
 */
function checkedStages(replaced: Partial<PullStages>, stages: PullStages): Partial<PullStages> {
  for (const [name, stage] of Object.entries(replaced)) {
    if (!Object.hasOwn(stages, name))
      throw new WindlassError('USAGE', `A pull has no stage ${quoted(name)}`, {
        hint: `The stages are ${Object.keys(stages).join(', ')}.`,
      })
    if (typeof stage !== 'function')
      throw new WindlassError('USAGE', `The stage ${name} that the option stages returns is not a function`)
  }
  return replaced
}
