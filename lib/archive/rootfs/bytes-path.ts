/** Converts between paths as latin1 strings, which this folder uses, and the bytes for system calls. */

/** Returns the bytes of a latin1 path. */
export const toPathBytes = (path: string): Buffer => Buffer.from(path, 'latin1')

/** Converts a path of this process (UTF-8) to latin1. */
export const asLatin1 = (path: string): string => Buffer.from(path, 'utf8').toString('latin1')
