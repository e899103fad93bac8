/** Provides `toPullEvent`, which selects the events of a flow that are events of a pull. */
import type { PullEventBody } from './event.js'
import type { FlowEvent } from '../flow/lifetime/side-channel.js'

const pullEventTypes = new Set([
  'manifest',
  'platform',
  'plan',
  'layer',
  'request',
  'warning',
  'image',
  'copied',
])

/**
 * Returns `event` if it is an event of a pull; undefined if it is one of the flow framework or of a custom stage.
 */
export function toPullEvent(event: FlowEvent): PullEventBody | undefined {
  // Custom stages may emit events of their own; these types are reserved for the pull.
  return pullEventTypes.has(event.type) ? (event as FlowEvent & PullEventBody) : undefined
}
