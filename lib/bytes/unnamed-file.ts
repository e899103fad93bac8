/** Provides temporary files without a name, which end with the process at the latest. */
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, unlinkSync, write } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { printable } from '../codec/index.js'
import { WindlassError } from '../errors.js'
import { diskMeaning } from '../system/disk-meaning.js'

const writeAt = promisify(write)

/** An open file without a name. Its owner closes `fd`. */
export interface UnnamedFile {
  readonly fd: number
  /** In bytes. */
  readonly size: number
}

/**
 * Writes `chunks` to a new file in the directory for temporary files (`TMPDIR`), which has no name any more.
 * @param purpose completes “Failed to …” in errors: `decompress app.tar.gz`
 * @throws STORE_FULL and other STORE_* codes when the file cannot be written; errors of `chunks`
 */
export async function writeUnnamedFile(
  chunks: AsyncIterable<Uint8Array>,
  purpose: string,
  directory: string = tmpdir(),
): Promise<UnnamedFile> {
  const writing = async <T>(work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw temporaryFileError(error, purpose, directory)
    }
  }
  const fd = await writing(() => openUnnamed(directory))
  try {
    let size = 0
    for await (const chunk of chunks)
      for (let at = 0; at < chunk.length;) {
        const { bytesWritten } = await writing(() => writeAt(fd, chunk, at, chunk.length - at, size))
        at += bytesWritten
        size += bytesWritten
      }
    return { fd, size }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function openUnnamed(directory: string): number {
  const path = join(directory, `.windlass-${randomBytes(8).toString('hex')}`)
  const fd = openSync(path, 'wx+', 0o600)
  unlinkSync(path)
  return fd
}

function temporaryFileError(error: unknown, purpose: string, directory: string): WindlassError {
  const meaning = diskMeaning(error, undefined, 'store')
  // The message of Node contains the path.
  const why = meaning?.says ?? printable(error instanceof Error ? error.message : String(error))
  return new WindlassError(
    meaning?.code ?? 'STORE_IO',
    `Failed to ${purpose}, in a temporary file in ${printable(directory)}: ${why}`,
    { path: directory, cause: error, hint: 'Set TMPDIR to a directory on a disk with enough space.' },
  )
}
