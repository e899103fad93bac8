/** Paths between latin1 strings, which are what this folder reckons with, and the bytes that system calls take. */

/** The bytes of a path that is held as latin1. */
export const onDisk = (path: string): Buffer => Buffer.from(path, 'latin1')

/** A path of this process (UTF-8) as latin1. */
export const asLatin1 = (path: string): string => Buffer.from(path, 'utf8').toString('latin1')
