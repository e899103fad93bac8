/** Reads files with credentials. */
import { devNull } from 'node:os'
import { WindlassError } from '../../errors.js'
import { quoted } from '../../codec/printable.js'
import { OutsideFileError, readOutsideFile } from '../../system/outside-file.js'

/** Bytes. Kubernetes limits secrets to 1 MiB. */
const maxBytes = 4 * 2 ** 20

/**
 * Resolves to the text of the file; to undefined for a directory. Symbolic links are followed.
 * @throws USAGE when it is not a regular file or too large; OutsideFileError when it is missing or cannot be read
 */
export const readConfigFile = (path: string): Promise<string | undefined> =>
  Promise.resolve().then(() => readText(path))

function readText(path: string): string | undefined {
  // Users set /dev/null to configure no credentials.
  if (path === devNull) return ''
  try {
    return readOutsideFile(path, { maxBytes, followLink: true }).toString('utf8')
  } catch (error) {
    if (!(error instanceof OutsideFileError)) throw error
    if (error.code === 'EISDIR') return undefined
    if (error.reason === 'too-large') throw fileError(path, `is larger than ${maxBytes / 2 ** 20} MiB`)
    if (error.reason === 'not-regular') throw fileError(path, 'is not a regular file')
    throw error
  }
}

/** Returns the code of an error of the system; `error` for others. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'error'

/** Returns the error for a file that cannot be used. `what` continues the sentence. */
export const fileError = (path: string, what: string): WindlassError =>
  new WindlassError('USAGE', `The credentials file ${quoted(path)} ${what}`, { path })
