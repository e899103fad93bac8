/** Options are checked where they are given: what is wrong with one is said by its name, before anything is done. */
import { WindlassError } from '../../lib/errors.js'
import { quoted } from '../../lib/codec/printable.js'
import { isRecord } from './option-codecs.js'

/** What is looked at of an option and its codec. */
interface Entry {
  readonly codec: Codec
  /** Whether the value must not stand in an error. */
  readonly secret?: true
}

interface Codec {
  readonly name: string
  readonly is: (value: unknown) => boolean
}

/**
 * Checks what a caller gave as the options of `call`. An option that is `undefined` is as good as absent.
 * @throws WindlassError USAGE for an option that does not exist, and for a value that it does not take
 */
export function checkOptions(call: string, table: Readonly<Record<string, Entry>>, options: unknown): void {
  if (!isRecord(options))
    throw new WindlassError('USAGE', `The options of ${call} must be an object, not ${shown(options)}`)
  for (const [name, value] of Object.entries(options)) {
    const entry = Object.hasOwn(table, name) ? table[name] : undefined
    if (!entry)
      throw new WindlassError('USAGE', `${call} has no option ${quoted(name)}`, {
        hint: `The options of ${call} are ${Object.keys(table).join(', ')}.`,
      })
    if (value === undefined || entry.codec.is(value)) continue
    const found = entry.secret ? '' : `, not ${shown(value)}`
    throw new WindlassError('USAGE', `The option ${name} of ${call} must be ${entry.codec.name}${found}`)
  }
}

/** Checks an argument of `call`. @throws WindlassError USAGE for what `codec` does not take */
export function checkArgument(call: string, argument: string, codec: Codec, value: unknown): void {
  if (codec.is(value)) return
  throw new WindlassError(
    'USAGE',
    `The ${argument} given to ${call} must be ${codec.name}, not ${shown(value)}`,
  )
}

/** Checks an environment variable. @throws WindlassError USAGE for what `codec` does not take */
export function checkVariable(name: string, codec: Codec, value: string): void {
  if (!codec.is(value))
    throw new WindlassError('USAGE', `The variable ${name} must be ${codec.name}, not ${shown(value)}`)
}

function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value, 80)
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? listed(value) : 'an object'
    case 'function':
      return 'a function'
    case 'symbol':
      return 'a symbol'
    default:
      return String(value)
  }
}

/** The texts of a list, for it may be one of them that is wrong. */
const listed = (list: readonly unknown[]): string =>
  list.length > 0 && list.every((item) => typeof item === 'string')
    ? `[${list.map((item) => quoted(withoutUserInfo(item), 80)).join(', ')}]`
    : 'a list'

/** A URL may hold a password. */
const withoutUserInfo = (url: string): string => url.replace(/\/\/[^/]*@/g, '//')
