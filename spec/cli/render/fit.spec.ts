/** Text that is cut to columns. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ascii, fit, fitEnd } from '../../../cli/render/fit.js'

describe('text that is cut', () => {
  it.each([
    [8, 'registry', 'registry'],
    [7, 'regi...', '...stry'],
    [4, 'r...', '...y'],
    [3, 'reg', 'try'],
    [1, 'r', 'y'],
    [0, '', ''],
    [-5, '', ''],
  ])('to %i columns keeps its start, or its end', (columns, start, end) => {
    expect([fit('registry', columns), fitEnd('registry', columns)]).toEqual([start, end])
  })

  it('never has more columns than there are', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(20), (text, columns) => {
        for (const cut of [fit(text, columns), fitEnd(text, columns)])
          expect(cut.length).toBeLessThanOrEqual(columns)
      }),
    )
  })

  it('has one column for each character that is not ASCII, also outside of the basic plane', () => {
    expect(ascii('ä😀z')).toBe('??z')
    expect(ascii('a\u001bb')).toBe('a\\u{1b}b')
  })
})
