/** A part of a page in a browser: it shows the events of a pull, which it receives as lines. */
import {
  type PullSnapshot,
  PullEventLog,
  WindlassError,
  decodeEvent,
  emptySnapshot,
  encodeEvent,
  reduce,
} from 'windlass/events'

/** Returns the state of a pull after `lines`. */
export const stateAfter = (lines: readonly string[]): PullSnapshot =>
  lines.map(decodeEvent).reduce((snapshot, event) => reduce(snapshot, event), emptySnapshot)

/** Returns the code of the error that `line` is refused with. */
export function refusalOf(line: string): string | undefined {
  try {
    decodeEvent(line)
    return undefined
  } catch (error) {
    return error instanceof WindlassError ? error.code : String(error)
  }
}

/** Returns the lines of a pull that the page itself reports. */
export function ownLines(): readonly string[] {
  const log = new PullEventLog()
  const lines: string[] = []
  log.events.subscribe((event) => lines.push(encodeEvent(event)))
  log.emit({ type: 'start', reference: 'a', platform: 'linux/amd64' })
  log.end()
  return lines
}
