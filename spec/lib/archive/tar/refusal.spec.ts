/** Formats names from archives for error messages. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { overLimitError, quotedLatin1 } from '../../../../lib/archive/tar/refusal.js'

const named = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')
const ff = '\xff'

describe('the name of an entry in a message', () => {
  it.each([
    ['plain', 'etc/passwd', '"etc/passwd"'],
    ['in UTF-8', named('日本語/ümlaut 😀'), '"日本語/ümlaut 😀"'],
    ['in another encoding', '\xfcmlaut', '"\\xfcmlaut"'],
    ['cut within a character', named('日').slice(0, 2), '"\\xe6\\x97"'],
    ['overlong', '\xc0\xaf\xe0\x80\xaf', '"\\xc0\\xaf\\xe0\\x80\\xaf"'],
    ['a surrogate', '\xed\xa0\x80', '"\\xed\\xa0\\x80"'],
    ['with escapes of a terminal', '\x1b[31m\nevil\0\x7f', '"\\x1b[31m\\x0aevil\\x00\\x7f"'],
    ['with controls in UTF-8', named('\u009b2J'), '"\\u{9b}2J"'],
    ['with marks that turn text around', named('a\u202eb\u2028'), '"a\\u{202e}b\\u{2028}"'],
    ['with quotes', 'a"b\\c', '"a\\x22b\\x5cc"'],
    ['long', 'x'.repeat(300), `"${'x'.repeat(200)}…"`],
    [
      'long, cut before the end of a character',
      `${'x'.repeat(199)}${named('日')}y`,
      `"${'x'.repeat(199)}日…"`,
    ],
    ['with bytes before text', `${ff}${named('ü')}${ff}`, '"\\xffü\\xff"'],
    ['empty', '', '""'],
  ])('%s', (_what, name, shown) => {
    expect(quotedLatin1(name)).toBe(shown)
  })

  it('property: contains no terminal escapes, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const shown = quotedLatin1(Buffer.from(bytes).toString('latin1'))
        expect(shown).toMatch(/^"[^"]*"$/)
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\ufffd]/u)
      }),
    )
  })

  it('property: is different for different short names', () => {
    const name = fc.string({
      unit: fc.constantFrom('\\', 'x', 'u', '{', '9', 'b', '}', '\xc2', '\x9b', '\xff'),
    })
    fc.assert(
      fc.property(name, name, (one, other) => {
        fc.pre(one !== other)
        expect(quotedLatin1(one)).not.toBe(quotedLatin1(other))
      }),
    )
  })
})

it('an error about a limit shows sizes as bytes and other numbers as they are', () => {
  expect(overLimitError('the size', 2_048, 'layerBytes', 1_024).message).toBe(
    'Reading the archive of the layer failed: the size is 2 KiB, more than the limit layerBytes (1 KiB)',
  )
  expect(overLimitError('the number of entries', 2_048, 'layerEntries', 1_024).message).toBe(
    'Reading the archive of the layer failed: the number of entries is 2,048, more than the limit layerEntries (1,024)',
  )
})
