/** Events on the wire: one JSON object a line, as `--progress json` writes them and other programs read them. */
import { type Context, type Errors, IntersectionType, UnionType } from 'io-ts'
import { WindlassError } from '../errors.js'
import { printable } from '../codec/printable.js'
import { encodeEvent } from './encode-event.js'
import { eventVersion } from './event-version.js'
import { PullEvent } from './event.js'

export { encodeEvent }

/**
 * The event that `line` holds. Members that this version does not know are kept.
 * @throws WindlassError PROTOCOL, naming the path inside the event, when it is not one that this version can read.
 */
export function decodeEvent(line: string): PullEvent {
  const value = parse(line)
  const decoded = PullEvent.decode(value)
  if (decoded._tag === 'Left')
    throw new WindlassError('PROTOCOL', `Reading an event: ${complaint(decoded.left)}`)
  return decoded.right
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new WindlassError('PROTOCOL', 'Reading an event: the line is not JSON', { cause })
  }
}

function complaint(errors: Errors): string {
  // The deepest is the one that tells: the others are what enclosing unions made of it.
  const { context, value } = errors.reduce((deep, error) =>
    error.context.length > deep.context.length ? error : deep,
  )
  const type = context.at(-1)?.type
  if (isChoice(type) && isRecord(value))
    return `/type: expected a kind of event, found ${shown('type' in value ? value.type : undefined)}`
  const path = context
    .filter((_, index) => index > 0 && !isChoice(context[index - 1]?.type))
    .map(({ key }) => key)
  const where = path.length > 0 ? `/${path.join('/')}` : 'the whole'
  const why = where === '/version' ? `; this version of Windlass reads version ${eventVersion}` : ''
  return `${where}: expected ${type?.name ?? 'another value'}, found ${shown(value)}${why}`
}

const shown = (value: unknown): string =>
  value === undefined ? 'nothing' : printable(JSON.stringify(value), 80)

const isRecord = (value: unknown): value is object => typeof value === 'object' && value !== null

/** The steps into a union or an intersection are no steps in the JSON. */
const isChoice = (type: Context[number]['type'] | undefined): boolean =>
  type instanceof IntersectionType || type instanceof UnionType
