/**
 * Reads files that other programs created. Only regular files of a bounded size are opened. Opening never blocks, for
 * example on a FIFO or a device.
 */
import { formatBytes, formatExactBytes } from '../quantities.js'
import { constants, closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs'

/** Reports why a file was not read. `code` is the error code of the system, if a system call failed; `EISDIR`
 * for a directory. */
export class OutsideFileError extends Error {
  override readonly name = 'OutsideFileError'

  constructor(
    readonly reason: 'missing' | 'link' | 'not-regular' | 'too-large' | 'refused',
    /** A clause, for example `it is a FIFO`. */
    message: string,
    readonly code?: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause })
  }
}

/** Options of `openOutsideFile` and `readOutsideFile`. */
export interface OutsideFileOptions {
  /** Maximum size in bytes. Also applies to a file that grows while it is read. */
  readonly maxBytes: number
  /**
   * Whether to follow `path` if it is a symbolic link (default false). Links in its parent path are always followed.
   */
  readonly followLink?: boolean
}

/**
 * Opens the regular file at `path` for reading. The caller closes the descriptor.
 * @throws OutsideFileError when the file is missing, not regular, too large, or cannot be opened
 */
export function openOutsideFile(
  path: string,
  { maxBytes, followLink = false }: OutsideFileOptions,
): { readonly fd: number; readonly stats: Stats } {
  const fd = open(path, followLink)
  try {
    const stats = fstatSync(fd)
    if (!stats.isFile())
      throw new OutsideFileError(
        'not-regular',
        `it is ${kindOf(stats)}`,
        stats.isDirectory() ? 'EISDIR' : undefined,
      )
    if (stats.size > maxBytes) throw tooLarge(stats.size, maxBytes)
    return { fd, stats }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/**
 * Reads the regular file at `path` in the calling thread.
 * @throws OutsideFileError when the file is missing, not regular, too large, or cannot be read
 */
export function readOutsideFile(path: string, options: OutsideFileOptions): Buffer {
  const { fd, stats } = openOutsideFile(path, options)
  try {
    const chunks: Buffer[] = []
    let length = 0
    // Files in /proc report a size of 0.
    for (let size = stats.size || 64 * 1024; ; size = 64 * 1024) {
      const chunk = Buffer.allocUnsafe(Math.min(size + 1, options.maxBytes + 1))
      const read = readSync(fd, chunk, 0, chunk.length, null)
      if (read === 0) return Buffer.concat(chunks, length)
      length += read
      if (length > options.maxBytes) throw tooLarge(length, options.maxBytes)
      chunks.push(chunk.subarray(0, read))
    }
  } catch (error) {
    throw error instanceof OutsideFileError ? error : outsideFileError(error)
  } finally {
    closeSync(fd)
  }
}

function open(path: string, followLink: boolean): number {
  const { O_RDONLY, O_NONBLOCK, O_NOCTTY, O_NOFOLLOW } = constants
  try {
    return openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | (followLink ? 0 : O_NOFOLLOW))
  } catch (error) {
    throw outsideFileError(error)
  }
}

function outsideFileError(error: unknown): OutsideFileError {
  const { code = '' } = error as NodeJS.ErrnoException // node:fs throws no other errors
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new OutsideFileError('missing', 'it does not exist', code, error)
  if (code === 'ELOOP') return new OutsideFileError('link', 'it is a symbolic link', code, error)
  if (code === 'ENXIO' || code === 'ENODEV')
    return new OutsideFileError('not-regular', 'it is a socket or a device', code, error)
  if (code === 'EISDIR') return new OutsideFileError('not-regular', 'it is a directory', code, error)
  return new OutsideFileError('refused', `the system denies access (${code})`, code, error)
}

const tooLarge = (size: number, maxBytes: number): OutsideFileError =>
  new OutsideFileError(
    'too-large',
    `it has ${formatBytes(size)}, more than the maximum of ${formatExactBytes(maxBytes)}`,
  )

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory'
  if (stats.isFIFO()) return 'a FIFO'
  return stats.isSocket() ? 'a socket' : 'a device'
}
