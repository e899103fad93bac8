/**
 * Files that somebody else made: looked at before a byte of them is read. What is opened is a regular file of a bounded
 * size, and opening it never waits: not for the other end of a FIFO, not for a device.
 */
import { constants, closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { Stats } from 'node:fs'

/** Why a file is not read. `code`: the system's error code, where the system refused it. */
export class OutsideFileError extends Error {
  override readonly name = 'OutsideFileError'

  constructor(
    readonly reason: 'missing' | 'link' | 'not-regular' | 'too-large' | 'refused',
    /** A clause: `it is a FIFO`. */
    message: string,
    readonly code?: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause })
  }
}

export interface OutsideFileOptions {
  /** Bytes; a larger file is refused, and so is one that grows beyond it while it is read. */
  readonly maxBytes: number
  /** Whether a link in the place of the file is followed (false). Links on the way to it always are. */
  readonly followLink?: boolean
}

/** The descriptor of the regular file at `path`, opened for reading; it is the caller's to close. @throws OutsideFileError */
export function openOutsideFile(
  path: string,
  { maxBytes, followLink = false }: OutsideFileOptions,
): { readonly fd: number; readonly stats: Stats } {
  const fd = open(path, followLink)
  try {
    const stats = fstatSync(fd)
    if (!stats.isFile()) throw new OutsideFileError('not-regular', `it is ${kindOf(stats)}`)
    if (stats.size > maxBytes) throw tooLarge(stats.size, maxBytes)
    return { fd, stats }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/** All bytes of the regular file at `path`. Short: reads in the calling thread. @throws OutsideFileError */
export function readOutsideFile(path: string, options: OutsideFileOptions): Buffer {
  const { fd, stats } = openOutsideFile(path, options)
  try {
    const chunks: Buffer[] = []
    let length = 0
    // A file below /proc says that it has no bytes.
    for (let size = stats.size || 64 * 1024; ; size = 64 * 1024) {
      const chunk = Buffer.allocUnsafe(Math.min(size + 1, options.maxBytes + 1))
      const read = readSync(fd, chunk, 0, chunk.length, null)
      if (read === 0) return Buffer.concat(chunks, length)
      length += read
      if (length > options.maxBytes) throw tooLarge(length, options.maxBytes)
      chunks.push(chunk.subarray(0, read))
    }
  } catch (error) {
    throw error instanceof OutsideFileError ? error : refused(error)
  } finally {
    closeSync(fd)
  }
}

function open(path: string, followLink: boolean): number {
  const { O_RDONLY, O_NONBLOCK, O_NOCTTY, O_NOFOLLOW } = constants
  try {
    return openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | (followLink ? 0 : O_NOFOLLOW))
  } catch (error) {
    throw refused(error)
  }
}

function refused(error: unknown): OutsideFileError {
  const { code = '' } = error as NodeJS.ErrnoException // fs throws nothing else
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new OutsideFileError('missing', 'it is not there', code, error)
  if (code === 'ELOOP') return new OutsideFileError('link', 'it is a symbolic link', code, error)
  if (code === 'ENXIO' || code === 'ENODEV')
    return new OutsideFileError('not-regular', 'it is a socket or a device', code, error)
  if (code === 'EISDIR') return new OutsideFileError('not-regular', 'it is a directory', code, error)
  return new OutsideFileError('refused', `the system says ${code}`, code, error)
}

const tooLarge = (size: number, maxBytes: number): OutsideFileError =>
  new OutsideFileError('too-large', `it has ${size} bytes, more than ${maxBytes}`)

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory'
  if (stats.isFIFO()) return 'a FIFO'
  return stats.isSocket() ? 'a socket' : 'a device'
}
