import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseContentRange } from '../../../../lib/registry/headers/content-range.js'

describe('parseContentRange', () => {
  it('reads ranges, ranges of an unknown size, and unsatisfied ranges', () => {
    expect(parseContentRange('bytes 5-9/10')).toEqual({ first: 5, last: 9, size: 10 })
    expect(parseContentRange('Bytes 5-9/*')).toEqual({ first: 5, last: 9, size: undefined })
    expect(parseContentRange('bytes */10')).toEqual({ first: undefined, last: undefined, size: 10 })
  })

  it.each([
    undefined,
    '',
    'bytes',
    'bytes 9-5/10',
    'bytes 0-10/10',
    'bytes -5/10',
    'lines 0-1/2',
    'bytes 0-9007199254740993/*',
  ])('%s is undefined', (text) => {
    expect(parseContentRange(text)).toBeUndefined()
  })

  it('property: what it reads is consistent', () => {
    const number = fc.integer({ min: 0, max: 20 })
    fc.assert(
      fc.property(number, number, number, (first, last, size) => {
        const range = parseContentRange(`bytes ${first}-${last}/${size}`)
        expect(range !== undefined).toBe(first <= last && last < size)
      }),
      { numRuns: 300 },
    )
  })
})
