/**
 * Converts paths. lib/archive represents a path as a latin1 string: one character per byte, because it may not be
 * UTF-8.
 */

/** Returns the bytes of a latin1 path, for a system call. */
export const toPathBytes = (path: string): Buffer => Buffer.from(path, 'latin1')

/** Converts text to its UTF-8 bytes, as a latin1 string. */
export const latin1Of = (path: string): string => Buffer.from(path, 'utf8').toString('latin1')
