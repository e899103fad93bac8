/** Parses header blocks in the formats v7, ustar, pax, GNU and star. */
import { parseNumericField, parseOctalField } from './numbers.js'
import { invalidArchiveError } from './refusal.js'

/** Size of a block in bytes. */
export const blockSize = 512

/** The format of a header. pax archives use ustar headers. */
export type TarFormat = 'v7' | 'ustar' | 'gnu' | 'star'

/** The fields of a header, before pax records and GNU long names are applied. */
export interface RawHeader {
  readonly format: TarFormat
  /** The type flag as a character. */
  readonly flag: string
  readonly path: string
  readonly linkTarget: string
  readonly size: number | bigint
  readonly mode: number | bigint
  readonly uid: number | bigint
  readonly gid: number | bigint
  /** Seconds since 1970. */
  readonly mtime: number | bigint
  readonly major: number | bigint
  readonly minor: number | bigint
}

/** Reports whether the block at `at` contains only zeros. Two of them end an archive. */
export function isZeroBlock(bytes: Buffer, at: number): boolean {
  for (let i = at; i < at + blockSize; i++) if (bytes[i] !== 0) return false
  return true
}

/**
 * Parses the header at `at`. Like Go's archive/tar, requires every numeric field to be valid, even if unused.
 * @throws WindlassError LAYER_INVALID
 */
export function parseHeader(bytes: Buffer, at: number): RawHeader {
  if (!isChecksumRight(bytes, at)) throw invalidArchiveError('the checksum of a header is wrong')
  const format = formatOf(bytes, at)
  const name = textField(bytes, at, 100)
  const hasExtendedFields = format !== 'v7'
  const header = {
    format,
    flag: String.fromCharCode(bytes[at + 156]!),
    path: '',
    linkTarget: textField(bytes, at + 157, 100),
    mode: parseNumericField(bytes, at + 100, 8, 'mode'),
    uid: parseNumericField(bytes, at + 108, 8, 'uid'),
    gid: parseNumericField(bytes, at + 116, 8, 'gid'),
    size: parseNumericField(bytes, at + 124, 12, 'size'),
    mtime: parseNumericField(bytes, at + 136, 12, 'mtime'),
    major: hasExtendedFields ? parseNumericField(bytes, at + 329, 8, 'device major') : 0,
    minor: hasExtendedFields ? parseNumericField(bytes, at + 337, 8, 'device minor') : 0,
  }
  const prefix = hasExtendedFields ? prefixOf(format, bytes, at) : ''
  header.path = prefix === '' ? name : `${prefix}/${name}`
  return header
}

/** Verifies the sum of all bytes, with spaces in place of the checksum. Old Sun archives sum signed bytes. */
function isChecksumRight(bytes: Buffer, at: number): boolean {
  let statedSum: number
  try {
    statedSum = parseOctalField(bytes, at + 148, 8, 'checksum')
  } catch {
    return false
  }
  let unsigned = 8 * 0x20
  let negativeCount = 0
  for (let i = at; i < at + 148; i++) {
    unsigned += bytes[i]!
    negativeCount += bytes[i]! >> 7
  }
  for (let i = at + 156; i < at + blockSize; i++) {
    unsigned += bytes[i]!
    negativeCount += bytes[i]! >> 7
  }
  return statedSum === unsigned || statedSum === unsigned - 256 * negativeCount
}

function formatOf(bytes: Buffer, at: number): TarFormat {
  if (bytes[at + 257] !== 0x75) return 'v7' // not the `u` of `ustar`
  const magic = bytes.toString('latin1', at + 257, at + 265)
  if (magic === 'ustar  \0') return 'gnu'
  if (!magic.startsWith('ustar\0')) return 'v7'
  return bytes.toString('latin1', at + 508, at + 512) === 'tar\0' ? 'star' : 'ustar'
}

function prefixOf(format: TarFormat, bytes: Buffer, at: number): string {
  if (format === 'ustar') return textField(bytes, at + 345, 155)
  if (format === 'star') {
    parseNumericField(bytes, at + 476, 12, 'atime')
    parseNumericField(bytes, at + 488, 12, 'ctime')
    return textField(bytes, at + 345, 131)
  }
  return hasGnuTimes(bytes, at) ? '' : emptyUnlessAscii(textField(bytes, at + 345, 155))
}

/**
 * Reports whether the fields after `devminor` are GNU times. Go before 1.8 wrote the ustar prefix there, which does not
 * parse as times (golang.org/issue/12594).
 */
function hasGnuTimes(bytes: Buffer, at: number): boolean {
  try {
    if (bytes[at + 345] !== 0) parseNumericField(bytes, at + 345, 12, 'atime')
    if (bytes[at + 357] !== 0) parseNumericField(bytes, at + 357, 12, 'ctime')
    return true
  } catch {
    return false
  }
}

// eslint-disable-next-line no-control-regex -- ASCII includes the control characters
const emptyUnlessAscii = (prefix: string): string => (/^[\x00-\x7f]*$/.test(prefix) ? prefix : '')

/** Returns the bytes up to the first NUL as latin1. */
function textField(bytes: Buffer, at: number, length: number): string {
  let end = at
  while (end < at + length && bytes[end] !== 0) end++
  return end === at ? '' : bytes.toString('latin1', at, end)
}
