import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRfc3339, toRfc3339 } from '../../../../lib/archive/toc/rfc3339.js'

describe('times in RFC 3339', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0n],
    ['2024-02-03T04:05:06.789Z', 1_706_933_106_789_000_000n],
    ['1969-12-31T23:59:59.999999999Z', -1n],
    ['2024-02-03T04:05:06+01:30', 1_706_927_706_000_000_000n],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000_000_000n],
  ])('are read: %s', (text, time) => {
    expect(parseRfc3339(text)).toBe(time)
  })

  it.each([
    '',
    'yesterday',
    '2024-02-03',
    '2024-13-03T04:05:06Z',
    '2024-02-03T04:05:06',
    '2024-02-03 04:05:06Z',
    '2024-02-03T04:05:06.1234567890Z',
  ])('are not: %s', (text) => {
    expect(parseRfc3339(text)).toBeUndefined()
  })

  it('are written as they are read', () => {
    const year = 31_556_952_000_000_000n
    fc.assert(
      fc.property(fc.bigInt(-1_900n * year, 8_000n * year), (time) => {
        expect(parseRfc3339(toRfc3339(time))).toBe(time)
      }),
    )
  })

  it('beyond the range of dates are written as the nearest date', () => {
    expect(toRfc3339(2n ** 80n)).toBe('+275760-09-13T00:00:00Z')
    expect(toRfc3339(-(2n ** 80n))).toBe('-271821-04-20T00:00:00Z')
  })
})
