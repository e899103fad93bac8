import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { printable, quoted } from '../../../lib/codec/printable.js'

describe('printable', () => {
  it('removes everything that controls a terminal, and limits the length', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const shown = printable(text)
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
        expect(shown.length).toBeLessThan(160 * 10)
      }),
      { numRuns: 300 },
    )
  })

  it('keeps ordinary text and escapes the rest by code point', () => {
    expect(printable('größe 文')).toBe('größe 文')
    expect(quoted('a\u001b[31m\u202e')).toBe('"a\\u{1b}[31m\\u{202e}"')
    expect(printable('abcdef', 3)).toBe('abc…')
    expect(printable('a\u{e0041}b\u{e0002}c')).toBe('a\\u{e0041}b\\u{e0002}c')
  })
})
