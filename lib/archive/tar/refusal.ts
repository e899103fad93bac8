/** The errors of this folder: what is wrong with an archive, said in one form. */
import { isUtf8 } from 'node:buffer'
import { WindlassError } from '../../errors.js'
import { limitExceeded, type LimitName } from '../../limits.js'
import { printable } from '../../codec/printable.js'

/** Bytes of a name that a message shows. */
const maxShown = 200

/** A backslash is escaped too: what looks like an escape is one. */
const ours = /["\\]/g

const escapedByte = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`

/**
 * A name out of an archive (latin1: a character for each byte) as a message may show it, in quotes: UTF-8 as text, other
 * bytes, quotes and controls as `\xff`, what else could steer a terminal as `printable` has it.
 */
export function quoted(name: string): string {
  const bytes = Buffer.from(name.slice(0, maxShown + 3), 'latin1')
  let shown = ''
  let at = 0
  while (at < Math.min(bytes.length, maxShown)) {
    const length = utf8Length(bytes, at)
    shown += length > 1 ? bytes.toString('utf8', at, at + length) : shownByte(bytes[at]!, length)
    at += Math.max(length, 1)
  }
  return `"${printable(shown, Infinity)}${name.length > maxShown ? '…' : ''}"`
}

const shownByte = (byte: number, length: number): string =>
  length === 0 || byte < 0x20 || byte === 0x7f
    ? escapedByte(byte)
    : String.fromCharCode(byte).replace(ours, (character) => escapedByte(character.charCodeAt(0)))

/** How many bytes the character at `at` has in UTF-8; 0 where there is none (RFC 3629: no surrogates, nothing overlong). */
function utf8Length(bytes: Buffer, at: number): number {
  const first = bytes[at]!
  const length =
    first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  return length > 0 && isUtf8(bytes.subarray(at, at + length)) && at + length <= bytes.length ? length : 0
}

/** What to do about a layer that cannot be unpacked, whoever is to blame. */
export const nothingKept = 'Nothing of the layer is kept. Tell whoever publishes the image.'

/** LAYER_INVALID: `what` as a clause, such as `the header checksum is wrong`. */
export const invalidArchive = (what: string, hint = nothingKept): WindlassError =>
  new WindlassError('LAYER_INVALID', `Reading the archive of the layer failed: ${what}`, { hint })

/** LIMIT_EXCEEDED: `what` as a noun, such as `the size of a pax header`. */
export const overLimit = (what: string, actual: number, name: LimitName, allowed: number): WindlassError =>
  limitExceeded(`Reading the archive of the layer failed: ${what} is ${actual}`, name, allowed)
