/**
 * Provides `encodeEvent`, the wire form of an event. Separate from the codecs, so that programs that only write events
 * do not load them.
 */
import type { PullEvent } from './event.js'

/** Returns `event` as one line of JSON, without the line feed. */
export function encodeEvent(event: PullEvent): string {
  return JSON.stringify(event)
}
