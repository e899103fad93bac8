import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseInt64, parseNumericField, parsePaxTime } from '../../../../lib/archive/tar/numbers.js'
import { base256, octal } from '../../../../testbench/archives/archive.js'

const field = (bytes: Buffer): number | bigint => parseNumericField(bytes, 0, bytes.length, 'field')
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })

describe('numbers in headers', () => {
  it('octal and base-256 numbers are read as they were written', () => {
    fc.assert(fc.property(fc.nat(8 ** 7 - 1), (value) => field(octal(value, 8)) === value))
    fc.assert(fc.property(int64, (value) => BigInt(field(base256(value, 12))) === value))
  })

  it.each([
    ['', 0],
    ['   \0\0', 0],
    [' 17 ', 15],
    ['\0\x0017\0', 15],
    ['17\x0099', 15],
    ['00000000017', 15],
  ])('%j is %d', (text, value) => {
    expect(field(Buffer.from(text.padEnd(12, ' ').slice(0, Math.max(1, text.length)), 'latin1'))).toBe(value)
  })

  it.each(['8', '-1', '+1', '1 2', '0x1', '1.0', '\x7f'])('%j is rejected', (text) => {
    expect(() => field(Buffer.from(text, 'latin1'))).toThrow(/the field of a header is not a number/)
  })

  it('numbers outside of int64 are rejected', () => {
    expect(() => field(base256(2n ** 63n, 12))).toThrow(/overflows/)
    expect(() => field(base256(-(2n ** 63n) - 1n, 12))).toThrow(/overflows/)
  })
})

describe('numbers in records', () => {
  it('must be int64', () => {
    fc.assert(fc.property(int64, (value) => BigInt(parseInt64(String(value))!) === value))
    expect(parseInt64('+007')).toBe(7)
    for (const value of [2n ** 63n - 1n, -(2n ** 63n)]) expect(parseInt64(String(value))).toBe(value)
    for (const text of [
      '',
      '-',
      '1.0',
      '0x1',
      ' 1',
      '1 ',
      '9223372036854775808',
      '-9223372036854775809',
      '1'.repeat(1e6),
    ])
      expect(parseInt64(text)).toBeUndefined()
  })

  it('times are exact to the nanosecond', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 62n }), fc.boolean(), (value, negative) => {
        const text = `${value / 1_000_000_000n}.${String(value % 1_000_000_000n).padStart(9, '0')}`
        expect(parsePaxTime(negative ? `-${text}` : text)).toBe(negative ? -value : value)
      }),
    )
    for (const text of ['', '.5', '1.x', '1.-5', '1e3', '1,5', '1.5.5'])
      expect(parsePaxTime(text)).toBeUndefined()
  })
})
