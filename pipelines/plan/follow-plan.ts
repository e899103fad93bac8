/** Compares a pull with the plan that it was given, and warns of each difference. */
import { formatBytes } from '../../lib/quantities.js'
import { type Stage } from '../../lib/flow/index.js'
import { type PlannedImage, type PlannedLayer, pullStage } from '../../lib/stages/index.js'
import type { LayerPlan, PullPlan } from './plan-pull.js'

/** Code of the warning that a pull differs from its plan. */
export const planChanged = 'plan-changed'

/**
 * Returns the stage that emits a `plan-changed` warning for each layer that is fetched differently than planned.
 * The image passes unchanged.
 */
export const followPlan = (plan: PullPlan): Stage<PlannedImage, PlannedImage> =>
  pullStage(
    (image: PlannedImage, turn): PlannedImage => {
      const layerPlans = new Map(plan.layers.map((layer) => [layer.digest, layer]))
      for (const layer of image.layers) {
        const planned = layerPlans.get(layer.descriptor.digest)
        const message = planned && describeDifference(planned, layer)
        if (message !== undefined) turn.emit({ type: 'warning', code: planChanged, message })
      }
      return image
    },
    { name: 'follow-plan', order: 'source' },
  )

/** Returns a sentence about what differs and why; undefined if the layer is fetched as planned. */
function describeDifference(
  planned: LayerPlan,
  { descriptor, action, offset }: PlannedLayer,
): string | undefined {
  const { digest, size } = descriptor
  if (planned.action === action && planned.offset === offset) return undefined
  const now =
    action === 'exists'
      ? 'is not downloaded: the store has it now'
      : offset === 0
        ? `is downloaded whole (${formatBytes(size)})`
        : `is downloaded from byte ${offset} on`
  if (action === 'exists') return `Layer ${digest} ${now}`
  const why =
    planned.action === 'exists'
      ? 'the store no longer has it'
      : `the store has ${formatBytes(offset)} of it, and had ${formatBytes(planned.offset)} when the plan was made`
  return `Layer ${digest} ${now}: ${why}`
}
