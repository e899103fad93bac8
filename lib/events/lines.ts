/** Reads and writes events on the wire: one JSON object per line, as `--progress json` writes them. */
import { type Context, type Errors, IntersectionType, UnionType } from 'io-ts'
import { WindlassError } from '../errors.js'
import { printable } from '../codec/printable.js'
import { encodeEvent } from './encode-event.js'
import { eventVersion } from './event-version.js'
import { PullEvent } from './event.js'

export { encodeEvent }

/**
 * Returns the event that `line` contains. Keeps members that this version does not know.
 * @throws PROTOCOL if the line is not an event that this version can read; the message has the path inside the event
 */
export function decodeEvent(line: string): PullEvent {
  const value = parse(line)
  const decoded = PullEvent.decode(value)
  if (decoded._tag === 'Left')
    throw new WindlassError('PROTOCOL', `Reading an event: ${describe(decoded.left)}`)
  return decoded.right
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new WindlassError('PROTOCOL', 'Reading an event: the line is not JSON', { cause })
  }
}

function describe(errors: Errors): string {
  // The deepest error has the cause; the other errors come from the enclosing unions.
  const { context, value } = errors.reduce((deep, error) =>
    error.context.length > deep.context.length ? error : deep,
  )
  const type = context.at(-1)?.type
  if (isChoice(type) && isRecord(value))
    return `/type: expected a kind of event, found ${formatValue('type' in value ? value.type : undefined)}`
  const path = context
    .filter((_, index) => index > 0 && !isChoice(context[index - 1]?.type))
    .map(({ key }) => key)
  const where = path.length > 0 ? `/${path.join('/')}` : 'the whole'
  const why = where === '/version' ? `; this version of Windlass reads version ${eventVersion}` : ''
  return `${where}: expected ${type?.name ?? 'another value'}, found ${formatValue(value)}${why}`
}

const formatValue = (value: unknown): string =>
  value === undefined ? 'nothing' : printable(JSON.stringify(value), 80)

const isRecord = (value: unknown): value is object => typeof value === 'object' && value !== null

/**
 * Returns whether `type` is a union or an intersection. Their members are steps of the path in io-ts, but not in the
 * JSON.
 */
const isChoice = (type: Context[number]['type'] | undefined): boolean =>
  type instanceof IntersectionType || type instanceof UnionType
