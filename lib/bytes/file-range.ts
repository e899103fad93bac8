/** Reads parts of open files. */
import { closeSync, createReadStream, open, read } from 'node:fs'
import { Readable } from 'node:stream'

/** A part of an open file. */
export interface FileRange {
  readonly fd: number
  /** Position of its first byte. */
  readonly start: number
  /** In bytes. */
  readonly size: number
  /** Whether to leave the file open after use (false). */
  readonly keepOpen?: boolean
}

/** A stream that is destroyed closes its file even without `autoClose`, so it gets calls of which `close` does nothing. */
const withoutClosing = {
  ...{ open, read },
  close: (_fd: number, done: () => void): void => process.nextTick(done),
}

/**
 * Returns `length` bytes from `offset` of the range, or all bytes up to its end if it has fewer. Closes the file at the end of the
 * stream, unless `keepOpen` is set.
 */
export function streamRange(
  { fd, start, size, keepOpen = false }: FileRange,
  offset: number,
  length: number,
  signal?: AbortSignal,
): Readable {
  const end = Math.min(offset + length, size) - 1
  if (end >= offset)
    return createReadStream('', {
      ...{ fd, start: start + offset, end: start + end, highWaterMark: 1024 * 1024 },
      ...(signal && { signal }),
      ...(keepOpen && { fs: withoutClosing }),
    })
  if (!keepOpen) closeSync(fd)
  return Readable.from([])
}
