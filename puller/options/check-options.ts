/** Validates options and arguments at the start of a call. Errors contain the name of the option. */
import { WindlassError } from '../../lib/errors.js'
import { quoted } from '../../lib/codec/printable.js'
import { isRecord } from './option-codecs.js'

/** The part of an `OptionEntry` that the check uses. */
interface Entry {
  readonly codec: Codec
  /** Whether the value must not appear in errors. */
  readonly secret?: true
}

interface Codec {
  readonly name: string
  readonly is: (value: unknown) => boolean
}

/**
 * Validates the options of `call`. An option with the value `undefined` counts as not given.
 * @throws WindlassError USAGE for an unknown option or an invalid value
 */
export function checkOptions(call: string, table: Readonly<Record<string, Entry>>, options: unknown): void {
  if (!isRecord(options))
    throw new WindlassError(
      'USAGE',
      `The options of ${call} must be an object, not ${describeValue(options)}`,
    )
  for (const [name, value] of Object.entries(options)) {
    const entry = Object.hasOwn(table, name) ? table[name] : undefined
    if (!entry)
      throw new WindlassError('USAGE', `${call} has no option ${quoted(name)}`, {
        hint: `The options of ${call} are ${Object.keys(table).join(', ')}.`,
      })
    if (value === undefined || entry.codec.is(value)) continue
    const found = entry.secret ? '' : `, not ${describeValue(value)}`
    throw new WindlassError('USAGE', `The option ${name} of ${call} must be ${entry.codec.name}${found}`)
  }
}

/** Validates an argument of `call`. @throws WindlassError USAGE when `codec` rejects the value */
export function checkArgument(call: string, argument: string, codec: Codec, value: unknown): void {
  if (codec.is(value)) return
  throw new WindlassError(
    'USAGE',
    `The ${argument} given to ${call} must be ${codec.name}, not ${describeValue(value)}`,
  )
}

/** Validates an environment variable. @throws WindlassError USAGE when `codec` rejects the value */
export function checkVariable(name: string, codec: Codec, value: string): void {
  if (!codec.is(value))
    throw new WindlassError(
      'USAGE',
      `The variable ${name} must be ${codec.name}, not ${describeValue(value)}`,
    )
}

/** Returns a short description of a value for an error message. */
function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value, 80)
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? describeList(value) : 'an object'
    case 'function':
      return 'a function'
    case 'symbol':
      return 'a symbol'
    default:
      return String(value)
  }
}

/** Shows the items of a list of strings, because only one of them may be invalid. */
const describeList = (list: readonly unknown[]): string =>
  list.length > 0 && list.every((item) => typeof item === 'string')
    ? `[${list.map((item) => quoted(withoutUserInfo(item), 80)).join(', ')}]`
    : 'a list'

/** Removes user info from URLs, which may contain a password. */
const withoutUserInfo = (url: string): string => url.replace(/\/\/[^/]*@/g, '//')
