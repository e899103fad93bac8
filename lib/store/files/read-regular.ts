/** Reads small files of the store. Does not follow links, wait for the other end of a FIFO or read without limit. */
import { WindlassError } from '../../errors.js'
import { OutsideFileError, readOutsideFile } from '../../system/outside-file.js'
import { recoveryHints } from './recovery-hints.js'

/**
 * Maximum size in bytes of `index.json`, a layer record or a similar file: 64 MiB. Limited because other programs may
 * have written the file.
 */
export const maxStoreFileBytes = 64 * 1024 * 1024

/**
 * Reads the file at `path` as UTF-8, or returns undefined if it does not exist.
 * @throws WindlassError STORE_CORRUPT when it is not a regular file or too large; the errors of `node:fs`
 */
export async function readRegular(path: string): Promise<string | undefined> {
  return Promise.resolve(read(path))
}

/** Like `readRegular`, but returns undefined instead of throwing STORE_CORRUPT. For files that are not required. */
export async function readIfRegular(path: string): Promise<string | undefined> {
  try {
    return await readRegular(path)
  } catch (error) {
    if (error instanceof WindlassError) return undefined
    throw error
  }
}

function read(path: string): string | undefined {
  try {
    return readOutsideFile(path, { maxBytes: maxStoreFileBytes }).toString('utf8')
  } catch (error) {
    if (!(error instanceof OutsideFileError)) throw error
    if (error.reason === 'missing') return undefined
    if (error.reason === 'refused') throw error.cause
    throw new WindlassError(
      'STORE_CORRUPT',
      error.reason === 'too-large'
        ? `In the store, ${path} is too large: ${error.message}`
        : `In the store, ${path} is not a regular file: ${error.message}`,
      {
        path,
        hint: recoveryHints.moveAway(path),
      },
    )
  }
}
