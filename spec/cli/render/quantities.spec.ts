import { describe, expect, it } from 'vitest'
import { formatBytes, formatSeconds, formatTimeLeft } from '../../../cli/render/quantities.js'
import { Rate } from '../../../cli/render/rate.js'
import { table } from '../../../cli/render/table.js'

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

  it('counts seconds, one in the singular (S2-51)', () => {
    expect([5000, 4001, 1000, 1, 0, -9].map(formatSeconds)).toEqual([
      '5 seconds',
      '5 seconds',
      '1 second',
      '1 second',
      '0 seconds',
      '0 seconds',
    ])
  })

  it.each([
    [400, '1s'],
    [59_000, '59s'],
    [185_000, '3m05s'],
    [7_620_000, '2h07m'],
  ])('%d ms left are %s', (time, text) => expect(formatTimeLeft(time)).toBe(text))
})

describe('Rate', () => {
  it('says nothing at first, then the last seconds alone', () => {
    const rate = new Rate()
    rate.add(0, 0)
    rate.add(400, 400)
    expect(rate.perSecond).toBeUndefined()
    rate.add(1000, 1000)
    expect(rate.perSecond).toBe(1000)
    for (let at = 1100; at <= 10_000; at += 100) rate.add(at, 1000)
    expect(rate.perSecond).toBe(0)
  })

  it('starts anew when bytes fall', () => {
    const rate = new Rate()
    rate.add(0, 0)
    rate.add(1000, 5000)
    rate.add(1100, 0)
    expect(rate.perSecond).toBeUndefined()
    rate.add(2100, 700)
    expect(rate.perSecond).toBe(700)
  })
})

describe('table', () => {
  it('is as wide as it must be and leaves no space behind', () => {
    expect(
      table(
        ['NAME', 'SIZE'],
        [
          ['a', '1 B'],
          ['longer', '22 B'],
        ],
      ),
    ).toBe('NAME    SIZE\na       1 B\nlonger  22 B\n')
  })
})
