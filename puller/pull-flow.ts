/** The line of one pull, as its options want it. */
import { hostWhiteoutForm, type WhiteoutForm } from '../lib/archive/index.js'
import { Flow } from '../lib/flow/index.js'
import { type ImageRequest, type PulledImage, assemble } from '../lib/stages/index.js'
import { LayerFlights, type LayerGoal } from '../lib/transfer/index.js'
import { type Store, isNotWritable } from '../lib/store/index.js'
import { fetch } from '../pipelines/fetch.js'
import type { PullOptions } from './options/options.js'
import { pull } from '../pipelines/pull.js'
import { type PullParts, type PullStages, pullStages } from '../pipelines/pull-stages.js'
import { storedImage } from '../pipelines/stored-image.js'

/** `adapt` changes the stages before the user's own do: for a pull that is part of a larger one. */
export async function pullFlow(
  request: ImageRequest,
  options: PullOptions,
  parts: PullParts,
  adapt: (bound: PullStages) => PullStages = (bound) => bound,
): Promise<Flow<PulledImage>> {
  const {
    unpack = true,
    discardBlobs = false,
    refresh = false,
    rootfs,
    whiteouts,
    stages: own,
    onEntry,
  } = options
  const goal: LayerGoal = {
    unpack,
    form: whiteouts ?? (await formFor(request, parts.store)),
    keepBlobs: !discardBlobs || !unpack,
    refresh,
  }
  // An image of a name that is new is hardly here: its first thread loads while its manifest comes.
  if (unpack && !(await parts.store.names.get(request.name))) parts.pool.ready(1)
  const stages = stagesFor(parts, goal, { own, onEntry }, adapt)
  const image = Flow.of(request).pipe(unpack ? pull(stages) : fetch(stages))
  return rootfs === undefined ? image : image.pipe(assemble({ ...parts, directory: rootfs }))
}

/** The form that can be made here. Where nothing can be written, the one in which the image is here, if it is. */
async function formFor(request: ImageRequest, store: Store): Promise<WhiteoutForm> {
  try {
    return await hostWhiteoutForm(await store.stagingDirectory())
  } catch (error) {
    if (!isNotWritable(error)) throw error
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
  { own, onEntry }: { readonly own: PullOptions['stages']; readonly onEntry: PullOptions['onEntry'] },
  adapt: (bound: PullStages) => PullStages,
): PullStages {
  if (!own && !onEntry) return adapt(pullStages(parts, goal))
  // A layer that another pull fetches would pass neither the stages nor the sink of this one.
  const bound = adapt(pullStages({ ...parts, flights: new LayerFlights() }, goal, { onEntry }))
  return { ...bound, ...own?.(bound) }
}
