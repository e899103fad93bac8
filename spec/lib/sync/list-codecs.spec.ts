import { describe, expect, it } from 'vitest'
import * as codecs from '../../../lib/sync/list-codecs.js'

interface Decoder {
  readonly decode: (value: unknown) => { readonly _tag: string; readonly right?: unknown }
}
const decoded = (codec: Decoder, value: unknown): unknown => {
  const result = codec.decode(value)
  return result._tag === 'Right' ? { is: result.right } : undefined
}

describe('a value in a list of images', () => {
  it.each<[string, Decoder, unknown, unknown]>([
    ['text', codecs.TextCodec, 'a', 'a'],
    ['list', codecs.TextsCodec, ['a', 'b'], ['a', 'b']],
    ['empty list', codecs.TextsCodec, '', []],
    ['one text of a list', codecs.TextOrTextsCodec, 'a', ['a']],
    ['no text of a list', codecs.TextOrTextsCodec, '', []],
    ['true', codecs.FlagCodec, 'Yes', true],
    ['false', codecs.FlagCodec, 'OFF', false],
    ['number', codecs.countCodec(1), '7', 7],
    ['word', codecs.wordCodec('a', 'b'), 'b', 'b'],
    ['mapping', codecs.MappingCodec, { a: 1 }, { a: 1 }],
  ])('may be a %s', (_, codec, value, expected) => {
    expect(decoded(codec, value)).toEqual({ is: expected })
  })

  it.each<[string, Decoder, readonly unknown[]]>([
    ['text', codecs.TextCodec, ['', ['a'], undefined]],
    ['list', codecs.TextsCodec, ['a', [''], [['a']], { a: 'b' }]],
    ['text or a list', codecs.TextOrTextsCodec, [{ a: 'b' }, ['']]],
    ['flag', codecs.FlagCodec, ['1', 'y', 'toString', 'constructor', '']],
    ['number', codecs.countCodec(1), ['0', '-1', '1.5', '1e3', '0x5', '1234567890', '']],
    ['word', codecs.wordCodec('a', 'b'), ['c', 'A', '']],
    ['mapping', codecs.MappingCodec, [null, [], 'a']],
  ])('is no %s otherwise', (_, codec, values) => {
    expect(values.filter((value) => decoded(codec, value) !== undefined)).toEqual([])
  })

  it('is named in errors by what it must be', () => {
    expect(codecs.countCodec(2).name).toBe('a whole number of at least 2')
    expect(codecs.wordCodec('a', 'b', 'c').name).toBe('a, b or c')
  })
})
