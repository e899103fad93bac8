import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatAge,
  formatBytes,
  formatCount,
  formatDuration,
  formatElapsed,
  formatExactBytes,
  formatSeconds,
  formatTimeLeft,
  parseBytes,
  parseDuration,
} from '../../lib/quantities.js'

describe('quantities', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [9994, '9.99 kB'],
    [9996, '10.0 kB'],
    [99_960, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [3_624_000_000, '3.62 GB'],
    [-5, '0 B'],
    [9e18, '9000 PB'],
  ])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

  it('formats seconds in the singular and plural (S2-51)', () => {
    expect([5000, 4001, 1000, 1, 0, -9].map(formatSeconds)).toEqual([
      '5 seconds',
      '5 seconds',
      '1 second',
      '1 second',
      '0 seconds',
      '0 seconds',
    ])
  })

  it('rounds elapsed seconds, to tenths below 10 seconds', () => {
    expect([0, 300, 1_040, 1_600, 12_400].map(formatElapsed)).toEqual([
      ...['0 seconds', '0.3 seconds', '1 second', '1.6 seconds', '12 seconds'],
    ])
  })

  it.each([
    [400, '1s'],
    [59_000, '59s'],
    [185_000, '3m05s'],
    [7_620_000, '2h07m'],
  ])('%d ms left are %s', (time, text) => expect(formatTimeLeft(time)).toBe(text))

  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [1000, '1,000 bytes'],
    [1024, '1 KiB'],
    [4 * 2 ** 20, '4 MiB'],
    [4 * 2 ** 20 + 1, '4,194,305 bytes'],
    [2 ** 40, '1 TiB'],
    [Infinity, 'Infinity bytes'],
  ])('%d bytes are exactly %s', (bytes, text) => expect(formatExactBytes(bytes)).toBe(text))

  it.each([
    [1, '1 entry'],
    [0, '0 entries'],
    [12_345, '12,345 entries'],
    [-1_234, '-1,234 entries'],
  ])('formats the count %d in the singular or plural: %s', (count, text) =>
    expect(formatCount(count, 'entry', 'entries')).toBe(text),
  )

  it.each([
    [0, '0 seconds'],
    [0.2, '0.001 seconds'],
    [300, '0.3 seconds'],
    [1000, '1 second'],
    [1500, '1.5 seconds'],
    [90_000, '90 seconds'],
    [121_000, '3 minutes'],
    [300_000, '5 minutes'],
    [86_400_000, '24 hours'],
    [7 * 86_400_000, '7 days'],
  ])('%d ms are %s', (time, text) => expect(formatDuration(time)).toBe(text))
})

describe('ages in columns', () => {
  it.each([
    [-5, '0s'],
    [1_999, '1s'],
    [119_000, '119s'],
    [120_000, '2m'],
    [7_199_000, '119m'],
    [7_200_000, '2h'],
    [172_800_000, '2d'],
    [729 * 86_400_000, '729d'],
    [730 * 86_400_000, '2y'],
  ])('%d ms are %s', (milliseconds, text) => expect(formatAge(milliseconds)).toBe(text))
})

describe('sizes that a person types', () => {
  it.each([
    ['0', 0],
    ['500', 500],
    ['500B', 500],
    ['1.5k', 1536],
    ['64M', 64 * 2 ** 20],
    ['20GB', 20 * 2 ** 30],
    ['20 GiB', 20 * 2 ** 30],
    ['2tib', 2 ** 41],
    ['8P', 2 ** 53],
  ])('%s', (text, bytes) => expect(parseBytes(text)).toBe(bytes === 2 ** 53 ? undefined : bytes))

  it.each(['', 'G', '-1', '1.', '.5G', '1e3', '10 Gi B', '1,000', '9999999P', 'ten', '1GG', ' 1', '1\n'])(
    '%j is none',
    (text) => expect(parseBytes(text)).toBeUndefined(),
  )

  it('have units that are powers of 1024, in any case, with and without iB', () => {
    const units = ['', 'K', 'M', 'G', 'T'] as const
    const unit = fc.constantFrom(...units)
    fc.assert(
      fc.property(
        fc.nat(8_191),
        unit,
        fc.constantFrom('', 'B', 'iB'),
        fc.boolean(),
        (count, scale, suffix, lower) => {
          const text = `${count}${scale}${suffix}`
          expect(parseBytes(lower ? text.toLowerCase() : text)).toBe(count * 1024 ** units.indexOf(scale))
        },
      ),
    )
  })

  it('are safe whole numbers or none, whatever is typed', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9.kKMGTPiB e-]*$/), (text) => {
        const bytes = parseBytes(text)
        expect(bytes === undefined || (Number.isSafeInteger(bytes) && bytes >= 0)).toBe(true)
      }),
    )
  })
})

describe('durations that a person types', () => {
  it.each([
    ['0s', 0],
    ['250ms', 250],
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
  ])('%s', (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds))

  it.each(['', '7', 'd', '-1h', '1 h', '1h ', '1y', '1H', '1..5h', 'h1', '1e3s', `${'9'.repeat(30)}w`])(
    '%j is none',
    (text) => expect(parseDuration(text)).toBeUndefined(),
  )

  it('are the sum of their parts', () => {
    const lengths = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 }
    const part = fc.tuple(fc.nat(999), fc.constantFrom(...(Object.keys(lengths) as (keyof typeof lengths)[])))
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const text = parts.map(([count, unit]) => `${count}${unit}`).join('')
        const total = parts.reduce((sum, [count, unit]) => sum + count * lengths[unit], 0)
        expect(parseDuration(text)).toBe(total)
      }),
    )
  })
})
