/** Builds archive entries for cases. Names and targets are latin1 strings, one character per byte. */
import { archive, entry, type HeaderFields, header, pax } from '../archives/archive.js'

/** Blocks of an archive: an entry with its extended headers and content. */
export type Part = Buffer

export const file = (name: string, body: Buffer | string = '', more: HeaderFields = {}): Part =>
  entry({ name, ...more }, body)
export const dir = (name: string, more: HeaderFields = {}): Part =>
  header({ flag: '5', name, mode: 0o755, ...more })
export const symlink = (name: string, link: string, more: HeaderFields = {}): Part =>
  header({ flag: '2', name, link, mode: 0o777, ...more })
export const hardlink = (name: string, link: string, more: HeaderFields = {}): Part =>
  header({ flag: '1', name, link, ...more })
export const fifo = (name: string, more: HeaderFields = {}): Part => header({ flag: '6', name, ...more })
export const char = (name: string, major: number, minor: number, more: HeaderFields = {}): Part =>
  header({ flag: '3', name, major, minor, ...more })
export const block = (name: string, major: number, minor: number, more: HeaderFields = {}): Part =>
  header({ flag: '4', name, major, minor, ...more })

/** Puts pax records before `part`. */
export const withPax = (records: Readonly<Record<string, string>>, part: Part): Part =>
  Buffer.concat([pax(Object.entries(records)), part])

/** Puts a GNU long name or long link before `part`. */
export const withLong = (flag: 'L' | 'K', text: string, part: Part): Part =>
  Buffer.concat([entry({ flag, name: '././@LongLink', magic: 'gnu' }, `${text}\0`), part])

/** Returns an archive of `parts`. */
export const layer = (...parts: readonly Part[]): Buffer => archive(...parts)

/** Encodes `text` as UTF-8 and returns the bytes as a latin1 string. */
export const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')
