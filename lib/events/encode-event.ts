/**
 * Provides `encodeEvent`, which converts an event to a line of JSON. It is in a file of its own so that programs that
 * only write events do not load the codecs.
 */
import type { PullEvent } from './event.js'

/** Returns `event` as one line of JSON, without the line feed. */
export function encodeEvent(event: PullEvent): string {
  return JSON.stringify(event)
}
