/** Reads policy files, and the keys and certificates that they name. */
import { readFileSync, statSync } from 'node:fs'
import { WindlassError } from '../../lib/errors.js'
import { quoted } from '../../lib/codec/index.js'

/** Maximum size in bytes. */
const maxBytes = 16 * 1024 * 1024

/** Returns the content of a regular file. @throws USAGE if it cannot be read */
export function readPolicyFile(file: string): Buffer {
  try {
    const stats = statSync(file)
    if (!stats.isFile()) throw new Error('it is not a regular file')
    if (stats.size > maxBytes) throw new Error('it is too large')
    return readFileSync(file)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new WindlassError('USAGE', `Failed to read ${quoted(file)} for the policy: ${reason}`, {
      ...{ cause, path: file },
      hint: 'Check the path and its permissions. Without a policy, leave out --policy.',
    })
  }
}
