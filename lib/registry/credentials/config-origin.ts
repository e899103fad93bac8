/** Names where a configuration comes from in messages, and parses its text. */
import { WindlassError } from '../../errors.js'
import { quoted } from '../../codec/printable.js'
import { fieldsOf, type Fields } from './json-fields.js'

/** A file, or a variable that contains the text of one. */
export interface ConfigOrigin {
  /** `credentials file "/…"`. */
  readonly noun: string
  /** `"/…"`. */
  readonly short: string
  /** Creates a USAGE error. */
  error(message: string): WindlassError
}

const hint = 'Log in again, or correct the file.'

/** The origin of the text of a file. */
export const fileOrigin = (path: string): ConfigOrigin => ({
  noun: `credentials file ${quoted(path)}`,
  short: quoted(path),
  error: (message) => new WindlassError('USAGE', message, { path, hint }),
})

/** The origin of the value of an environment variable. */
export const variableOrigin = (name: string): ConfigOrigin => ({
  noun: `variable ${name}`,
  short: name,
  error: (message) =>
    new WindlassError('USAGE', message, {
      hint: `Correct or unset ${name}. It contains JSON, as the file config.json of Docker.`,
    }),
})

/**
 * Parses the text of a configuration to its fields. An empty text has none.
 * @throws USAGE when it is not a JSON object; the message does not quote it
 */
export function parseConfigFields(content: string, origin: ConfigOrigin): Fields {
  const text = content.replace(/^\uFEFF/, '')
  let value: unknown
  try {
    value = text.trim() === '' ? null : JSON.parse(text)
  } catch {
    // No cause: the message of the parser quotes the content.
    throw shapeError(origin, 'is not JSON')
  }
  const fields = fieldsOf(value ?? {})
  if (fields === undefined) throw shapeError(origin, 'is not a JSON object')
  return fields
}

/** Returns the error for a configuration with another shape than expected. */
export const shapeError = (origin: ConfigOrigin, what: string): WindlassError =>
  origin.error(`The ${origin.noun} ${what}`)
