import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { listsTag, wantedPart } from '../../../server/registry/byte-range.js'

describe('the part of a blob that a request wants', () => {
  it('is a range from a byte to a byte, to the end, or the last bytes', () => {
    expect(wantedPart('bytes=2-4', 10)).toEqual({ kind: 'part', from: 2, length: 3 })
    expect(wantedPart('bytes=7-', 10)).toEqual({ kind: 'part', from: 7, length: 3 })
    expect(wantedPart('bytes=-4', 10)).toEqual({ kind: 'part', from: 6, length: 4 })
    expect(wantedPart('bytes=8-99', 10)).toEqual({ kind: 'part', from: 8, length: 2 })
    expect(wantedPart('bytes=-99', 10)).toEqual({ kind: 'part', from: 0, length: 10 })
  })

  it('is none if the range begins after the end', () => {
    for (const range of ['bytes=10-', 'bytes=10-20', 'bytes=-0'])
      expect(wantedPart(range, 10)).toEqual({ kind: 'unsatisfiable' })
    expect(wantedPart('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' })
  })

  it('is the whole blob without a range, with several, and with one that is not valid', () => {
    for (const range of [
      undefined,
      '',
      'bytes=',
      'bytes=-',
      'bytes=4-2',
      'bytes=0-1,4-5',
      'lines=1-2',
      'bytes=a-b',
    ])
      expect(wantedPart(range, 10)).toEqual({ kind: 'whole' })
  })

  it('is always inside the blob, and what slice() returns', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(60), fc.nat(60), (size, first, last) => {
        const bytes = Array.from({ length: size }, (_, index) => index)
        const part = wantedPart(`bytes=${first}-${last}`, size)
        const expected = bytes.slice(first, last + 1)
        if (part.kind === 'part') expect(bytes.slice(part.from, part.from + part.length)).toEqual(expected)
        else if (part.kind === 'unsatisfiable') expect(first).toBeGreaterThanOrEqual(size)
        else expect(last).toBeLessThan(first)
      }),
    )
  })
})

describe('If-None-Match', () => {
  it('matches one of a list, a weak tag and a star', () => {
    expect(listsTag('"b", "a"', '"a"')).toBe(true)
    expect(listsTag('W/"a"', '"a"')).toBe(true)
    expect(listsTag('*', '"a"')).toBe(true)
    expect(listsTag('"b"', '"a"')).toBe(false)
    expect(listsTag(undefined, '"a"')).toBe(false)
  })
})
