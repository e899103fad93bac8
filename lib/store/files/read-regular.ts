/** Reads a small file of the store: never through a link, never waiting for the other end of a FIFO, never without end. */
import { WindlassError } from '../../errors.js'
import { OutsideFileError, readOutsideFile } from '../../system/outside-file.js'
import { waysOut } from './ways-out.js'

/**
 * Bytes that a file of the store may have: its list of names, the record of a layer. Other tools write some of them, and
 * whoever can write there could make them of any size.
 */
export const maxStoreFileBytes = 64 * 1024 * 1024

/** What the file at `path` says; undefined where there is none. @throws WindlassError STORE_CORRUPT where it is no regular file, or too large */
export async function readRegular(path: string): Promise<string | undefined> {
  return Promise.resolve(read(path))
}

/** The same of a file without which one can do: something else in its place is none. */
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
        hint: waysOut.moveAway(path),
      },
    )
  }
}
