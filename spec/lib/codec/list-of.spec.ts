import fc from 'fast-check'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { isObject } from '../../../lib/codec/json-object.js'
import { keyInOtherCase } from '../../../lib/codec/other-case.js'
import { listOf } from '../../../lib/codec/list-of.js'
import { CommandCodec, StringListCodec } from '../../../lib/codec/string-list.js'

const atLeastOne = listOf(t.string, 'names', (items) => (items.length === 0 ? 'expected a name' : undefined))

describe('a list', () => {
  it('is what decodes without a change', () => {
    const item = fc.oneof(fc.string(), fc.integer(), fc.constant(null))
    fc.assert(
      fc.property(fc.oneof(fc.array(item, { maxLength: 3 }), item, fc.object()), (value) => {
        for (const codec of [atLeastOne, StringListCodec])
          expect(codec.is(value)).toBe(codec.decode(value)._tag === 'Right')
      }),
    )
  })

  it('is checked up to its first invalid item, and as a whole', () => {
    let checked = 0
    const counting = new t.Type<string, unknown, unknown>(
      'a text',
      t.string.is,
      (value, context) => {
        checked++
        return t.string.validate(value, context)
      },
      t.identity,
    )
    const result = listOf(counting).decode(['a', 1, 2, 3])
    expect(checked).toBe(2)
    expect(result).toMatchObject({ _tag: 'Left', left: [{ value: 1 }] })
    expect(atLeastOne.decode([])).toMatchObject({ _tag: 'Left', left: [{ message: 'expected a name' }] })
    expect(listOf(t.string).name).toBe('a list of strings')
  })
})

describe('a command', () => {
  it('may be a single text, which is not one that was decoded', () => {
    expect(CommandCodec.decode('/bin/sh')).toMatchObject({ _tag: 'Right', right: ['/bin/sh'] })
    expect(CommandCodec.decode(['a', 'b'])).toMatchObject({ _tag: 'Right', right: ['a', 'b'] })
    expect(CommandCodec.decode([1])._tag).toBe('Left')
    expect([CommandCodec.is('/bin/sh'), CommandCodec.is(['/bin/sh']), CommandCodec.is([1])]).toEqual([
      ...[false, true, false],
    ])
  })
})

describe('an object', () => {
  it('is not a list, and not null', () => {
    expect([{}, { a: 1 }, [], null, undefined, 'a', 1].map(isObject)).toEqual([
      ...[true, true, false, false, false, false, false],
    ])
  })

  it('has a key in another case if Go would take it for a field', () => {
    const fields = ['digest', 'mediaType', 'k']
    expect(keyInOtherCase({ digest: 1, mediaType: 2, other: 3 }, fields)).toBeUndefined()
    expect(keyInOtherCase({ digest: 1, MediaType: 2 }, fields)).toBe('MediaType')
    expect(keyInOtherCase({ digeſt: 1 }, fields)).toBe('digeſt')
    expect(keyInOtherCase({ '\u212a': 1 }, fields)).toBe('\u212a')
    expect(keyInOtherCase({}, fields)).toBeUndefined()
  })
})
