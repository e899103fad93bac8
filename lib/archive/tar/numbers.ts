/** Parses numbers of tar headers and pax records: octal, base-256 and decimal, with the same tolerance as Go. */
import { invalidArchiveError } from './refusal.js'

const maxInt64 = 2n ** 63n - 1n
const nul = 0x00
const space = 0x20

/**
 * Parses a numeric header field: octal, or two's complement base-256 if the first bit is set (GNU, star). Returns a
 * bigint if a number would not be exact.
 * @throws WindlassError LAYER_INVALID when the field contains other characters or exceeds int64
 */
export function parseNumericField(bytes: Buffer, at: number, length: number, name: string): number | bigint {
  return (bytes[at]! & 0x80) === 0
    ? parseOctalField(bytes, at, length, name)
    : parseBinaryField(bytes, at, length, name)
}

/** Parses octal digits surrounded by spaces and NULs; 0 if there are none. @throws WindlassError LAYER_INVALID */
export function parseOctalField(bytes: Buffer, at: number, length: number, name: string): number {
  let start = at
  let end = at + length
  while (start < end && isBlank(bytes[start]!)) start++
  while (end > start && isBlank(bytes[end - 1]!)) end--
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = bytes[i]! - 0x30
    if (bytes[i] === nul) break
    if (digit < 0 || digit > 7) throw invalidArchiveError(`the ${name} of a header is not a number`)
    value = value * 8 + digit
  }
  return value
}

const isBlank = (byte: number): boolean => byte === space || byte === nul

function parseBinaryField(bytes: Buffer, at: number, length: number, name: string): number | bigint {
  const negative = (bytes[at]! & 0x40) !== 0
  let value = 0n
  for (let i = 0; i < length; i++) {
    const byte = negative ? ~bytes[at + i]! & 0xff : bytes[at + i]!
    value = (value << 8n) | BigInt(i === 0 ? byte & 0x7f : byte)
  }
  if (value > maxInt64) throw invalidArchiveError(`the ${name} of a header overflows`)
  return numberIfExact(negative ? ~value : value)
}

/** Parses a decimal int64 with an optional sign, as in pax records and sparse maps; undefined if malformed. */
export function parseInt64(text: string): number | bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined
  const short = Number(text)
  if (Number.isSafeInteger(short)) return short
  // BigInt needs seconds for a million digits. An int64 has at most 19 digits without leading zeros.
  const digits = text.replace(/^[+-]?0*/, '')
  if (digits.length > 19) return undefined
  const value = text.startsWith('-') ? -BigInt(digits) : BigInt(digits)
  return value > maxInt64 || value < -maxInt64 - 1n ? undefined : value
}

/** Parses a pax time, `seconds[.fraction]`, to nanoseconds. Finer fractions are truncated. Undefined if malformed. */
export function parsePaxTime(text: string): bigint | undefined {
  const dot = text.indexOf('.')
  const whole = dot < 0 ? text : text.slice(0, dot)
  const fraction = dot < 0 ? '' : text.slice(dot + 1)
  const seconds = parseInt64(whole)
  if (seconds === undefined || !/^[0-9]*$/.test(fraction)) return undefined
  const nanoseconds = BigInt(fraction.slice(0, 9).padEnd(9, '0'))
  return BigInt(seconds) * 1_000_000_000n + (whole.startsWith('-') ? -nanoseconds : nanoseconds)
}

function numberIfExact(value: bigint): number | bigint {
  const short = Number(value)
  return Number.isSafeInteger(short) ? short : value
}
