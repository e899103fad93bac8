/** As much of ASN.1's distinguished encoding (X.690) as a certificate needs. */

/** One value of any tag. */
export function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

export const sequence = (...members: readonly Buffer[]): Buffer => der(0x30, ...members)
export const setOf = (...members: readonly Buffer[]): Buffer => der(0x31, ...members)
export const integer = (bytes: Buffer): Buffer => der(0x02, bytes)
export const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text))
export const yes = der(0x01, Buffer.from([0xff]))
export const bitString = (bytes: Buffer): Buffer => der(0x03, Buffer.from([0]), bytes)
/** An explicit context tag. */
export const context = (number: number, content: Buffer): Buffer => der(0xa0 + number, content)

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

/** Seven bits a byte, the highest set in all but the last. */
function base128(number: number): number[] {
  const bytes = [number & 0x7f]
  for (let left = number >> 7; left > 0; left >>= 7) bytes.unshift((left & 0x7f) | 0x80)
  return bytes
}

/** Seconds, in the form for any year. */
export const time = (date: Date): Buffer =>
  der(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\..*$/g, '') + 'Z'))
