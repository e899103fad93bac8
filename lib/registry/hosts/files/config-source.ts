/** Names a place in a configuration file, and creates the errors about it. */
import { quoted } from '../../../codec/printable.js'
import { WindlassError } from '../../../errors.js'

/** The path of a value inside a file: keys, and positions in arrays from 0. */
export type ConfigPath = readonly (string | number)[]

/** A configuration file. */
export interface ConfigSource {
  readonly path: string
  /** Returns the line of a value, from 1; undefined if it is not known. */
  lineOf(at: ConfigPath): number | undefined
}

/**
 * Returns the error about a configuration file.
 * @param problem - a clause: `it is not TOML`. It must not quote values, which may be secrets.
 */
export function configFault(
  path: string,
  problem: string,
  line?: number,
  hint = 'Correct the file, or remove it.',
): WindlassError {
  const place = line === undefined ? quoted(path, 500) : `line ${line} of ${quoted(path, 500)}`
  return new WindlassError('USAGE', `Failed to read ${place}: ${problem}`, { path, hint })
}
