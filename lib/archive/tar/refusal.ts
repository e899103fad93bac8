/** The errors about invalid archives. */
import { isUtf8 } from 'node:buffer'
import { WindlassError } from '../../errors.js'
import { limitExceeded, type LimitName } from '../../limits.js'
import { formatExactBytes, formatNumber } from '../../quantities.js'
import { printable } from '../../codec/printable.js'

/** Maximum number of bytes of a name in a message. */
const maxShownBytes = 200

/** The characters to escape. Backslashes are escaped so that escapes are unambiguous. */
const quoteOrBackslash = /["\\]/g

const escapeByte = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`

/**
 * Formats a name from an archive (latin1, one character per byte) for a message, in quotes. Shows UTF-8 as text, and
 * other bytes, quotes and control characters as `\xff`. Applies `printable` against terminal escapes.
 */
export function quotedLatin1(name: string): string {
  // The last shown character may have 3 further bytes in UTF-8.
  const bytes = Buffer.from(name.slice(0, maxShownBytes + 3), 'latin1')
  let shown = ''
  let at = 0
  while (at < Math.min(bytes.length, maxShownBytes)) {
    const length = utf8Length(bytes, at)
    shown += length > 1 ? bytes.toString('utf8', at, at + length) : formatByte(bytes[at]!, length)
    at += Math.max(length, 1)
  }
  return `"${printable(shown, Infinity)}${name.length > maxShownBytes ? '…' : ''}"`
}

const formatByte = (byte: number, length: number): string =>
  length === 0 || byte < 0x20 || byte === 0x7f
    ? escapeByte(byte)
    : String.fromCharCode(byte).replace(quoteOrBackslash, (character) => escapeByte(character.charCodeAt(0)))

/**
 * Returns the length of the UTF-8 character at `at`; 0 if it is invalid (RFC 3629: no surrogates, no overlong forms).
 */
function utf8Length(bytes: Buffer, at: number): number {
  const first = bytes[at]!
  const length =
    first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  return length > 0 && isUtf8(bytes.subarray(at, at + length)) && at + length <= bytes.length ? length : 0
}

/** The hint for a layer that cannot be unpacked. */
export const nothingKeptHint = 'Nothing of the layer is kept. Tell whoever publishes the image.'

/** Returns a LAYER_INVALID error. `what` is a clause, for example `the header checksum is wrong`. */
export const invalidArchiveError = (what: string, hint = nothingKeptHint): WindlassError =>
  new WindlassError('LAYER_INVALID', `Reading the archive of the layer failed: ${what}`, { hint })

/** Returns a LIMIT_EXCEEDED error. `what` is a noun phrase, for example `the size of a pax header`. */
export const overLimitError = (
  what: string,
  actual: number,
  name: LimitName,
  allowed: number,
): WindlassError =>
  limitExceeded(
    `Reading the archive of the layer failed: ${what} is ${name.endsWith('Bytes') ? formatExactBytes(actual) : formatNumber(actual)}`,
    name,
    allowed,
  )
