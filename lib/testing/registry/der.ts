/** Encodes the ASN.1 types that a certificate needs in DER (ITU-T X.690). */

/** Encodes a value with any tag. The content must be shorter than 64 KiB. */
export function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

/** Encodes a SEQUENCE. */
export const sequence = (...members: readonly Buffer[]): Buffer => der(0x30, ...members)
/** Encodes a SET OF. */
export const setOf = (...members: readonly Buffer[]): Buffer => der(0x31, ...members)
/** Encodes an INTEGER from its big-endian two's complement. */
export const integer = (bytes: Buffer): Buffer => der(0x02, bytes)
/** Encodes an OCTET STRING. */
export const octetString = (bytes: Buffer): Buffer => der(0x04, bytes)
/** Encodes a UTF8String. */
export const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text))
/** The BOOLEAN true. */
export const derTrue = der(0x01, Buffer.from([0xff]))
/** Encodes a BIT STRING of whole bytes. */
export const bitString = (bytes: Buffer): Buffer => der(0x03, Buffer.from([0]), bytes)
/** Encodes a value with an explicit context-specific tag. */
export const explicitTag = (number: number, content: Buffer): Buffer => der(0xa0 + number, content)

/** Encodes an OBJECT IDENTIFIER, given in dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

/** Encodes a number with seven bits per byte. The high bit is set in all bytes but the last. */
function base128(number: number): number[] {
  const bytes = [number & 0x7f]
  for (let rest = number >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 0x7f) | 0x80)
  return bytes
}

/** Encodes a GeneralizedTime with a precision of seconds. */
export const time = (date: Date): Buffer =>
  der(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\..*$/g, '') + 'Z'))
