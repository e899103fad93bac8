/**
 * Reads a configuration file of bounded size. Opening never blocks: the file must be a regular file, since opening a FIFO
 * would wait, and a device may have no end. Symbolic links are followed.
 */
import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { devNull } from 'node:os'
import { WindlassError } from '../../errors.js'
import { quoted } from '../../codec/printable.js'

/** Bytes. Kubernetes limits secrets to 1 MiB. */
const maxBytes = 4 * 2 ** 20

/**
 * Returns the text of the file; undefined for a directory.
 * @throws USAGE when it is not a regular file or too large; errors of `open`
 */
export async function readConfigFile(path: string): Promise<string | undefined> {
  // Users set /dev/null to configure no credentials.
  if (path === devNull) return ''
  const file = await openWithoutWaiting(path)
  try {
    const stat = await file.stat()
    if (stat.isDirectory()) return undefined
    if (!stat.isFile()) throw notRegularError(path)
    if (stat.size > maxBytes) throw tooLargeError(path)
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of file.createReadStream({
      autoClose: false,
      end: maxBytes,
    }) as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      length += chunk.length
    }
    // the file has grown since its size was read
    if (length > maxBytes) throw tooLargeError(path)
    return Buffer.concat(chunks, length).toString('utf8')
  } finally {
    await file.close()
  }
}

async function openWithoutWaiting(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch (error) {
    // A socket, or a device without a driver.
    if (['ENXIO', 'ENODEV'].includes(codeOf(error))) throw notRegularError(path)
    throw error
  }
}

/** Returns the code of an error of the system; `error` for others. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'error'

const tooLargeError = (path: string): WindlassError =>
  fileError(path, `is larger than ${maxBytes / 2 ** 20} MiB`)

const notRegularError = (path: string): WindlassError => fileError(path, 'is not a regular file')

/** Returns the error for a file that cannot be used. `what` continues the sentence. */
export const fileError = (path: string, what: string): WindlassError =>
  new WindlassError('USAGE', `The credentials file ${quoted(path)} ${what}`, { path })
