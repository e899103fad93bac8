/**
 * Parses the end of an eStargz layer: an empty gzip member whose extra field contains the position of the table of
 * contents.
 */

/** Size of the footer in bytes. */
export const footerBytes = 51

/** Start of the footer: gzip with an extra field of 26 bytes, which has one subfield `SG` of 22 bytes (RFC 1952). */
const extraField = Buffer.from('1a0053471600', 'hex')
const extraAt = 10
const textAt = extraAt + extraField.length

/** Returns the position of the table in the blob; undefined if `footer`, the last 51 bytes, is not a footer. */
export function tocOffsetOf(footer: Buffer): number | undefined {
  if (footer.length !== footerBytes || footer.readUInt32BE(0) >>> 0 !== 0x1f8b0804) return undefined
  if (!footer.subarray(extraAt, textAt).equals(extraField)) return undefined
  const [, hex = ''] = /^([0-9a-f]{16})STARGZ$/.exec(footer.toString('latin1', textAt, textAt + 22)) ?? []
  const offset = hex === '' ? NaN : parseInt(hex, 16)
  return Number.isSafeInteger(offset) ? offset : undefined
}
