/** An event as it goes over the wire. Apart from the codecs: who only writes events does not load what reads them. */
import type { PullEvent } from './event.js'

/** One line, without the line feed. */
export function encodeEvent(event: PullEvent): string {
  return JSON.stringify(event)
}
