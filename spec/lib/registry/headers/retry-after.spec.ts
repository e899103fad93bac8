import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRetryAfter } from '../../../../lib/registry/headers/retry-after.js'

const now = Date.UTC(2026, 0, 2, 3, 4, 5)

describe('parseRetryAfter', () => {
  it.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Fri, 02 Jan 2026 03:05:05 GMT', 60_000],
    ['Friday, 02-Jan-26 03:05:05 GMT', 60_000],
    ['Fri Jan  2 03:05:05 2026', 60_000],
    ['Fri, 02 Jan 2026 03:00:00 GMT', 0],
  ])('%s is %d ms', (text, expected) => {
    expect(parseRetryAfter(text, now)).toBe(expected)
  })

  it.each([
    undefined,
    '',
    '-1',
    '1.5',
    '1e3',
    'soon',
    '2026-01-02',
    '99999999999',
    'Fri, 99 Foo 2026 03:05:05 GMT',
  ])('%s is undefined', (text) => {
    expect(parseRetryAfter(text, now)).toBeUndefined()
  })

  it('property: a valid date yields the time until then; any other text yields a time or undefined', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), fc.string(), (seconds, noise) => {
        expect(parseRetryAfter(new Date(now + seconds * 1000).toUTCString(), now)).toBe(seconds * 1000)
        const wait = parseRetryAfter(noise, now)
        expect(wait === undefined || (Number.isFinite(wait) && wait >= 0)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})
