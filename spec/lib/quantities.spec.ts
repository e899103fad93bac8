import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatElapsed,
  formatExactBytes,
  formatSeconds,
  formatTimeLeft,
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
