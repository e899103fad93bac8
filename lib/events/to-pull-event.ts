/** What a run's events say to whoever watches the pull; undefined for what concerns the framework alone. */
import type { PullEventBody } from './event.js'
import type { FlowEvent } from '../flow/index.js'

const pullEventTypes = new Set(['manifest', 'platform', 'plan', 'layer', 'warning', 'image'])

export function toPullEvent(event: FlowEvent): PullEventBody | undefined {
  // Stages that users add may emit what they like; these types are the pull's own.
  return pullEventTypes.has(event.type) ? (event as FlowEvent & PullEventBody) : undefined
}
