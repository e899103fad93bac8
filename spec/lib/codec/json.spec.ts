import fc from 'fast-check'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { decodeJson, parseJson, readJson } from '../../../lib/codec/json.js'
import { maxJsonDepth } from '../../../lib/codec/json-text.js'
import { listOf } from '../../../lib/codec/list-of.js'
import { record } from '../../../lib/codec/record-codec.js'
import { StringMapCodec } from '../../../lib/codec/string-map.js'
import { failure, tolerant } from '../../support/image/failure.js'

const document = { code: 'CONFIG_INVALID', what: 'the thing', subject: { host: 'h' } } as const
const parse = (text: string | Uint8Array): unknown => parseJson(Buffer.from(text), document)
const refused = (text: string | Uint8Array): string => {
  const error = failure(() => parse(text))
  expect([error.code, error.subject]).toEqual(['CONFIG_INVALID', { host: 'h' }])
  return error.message
}

describe('parseJson', () => {
  it('returns the same value as JSON.parse', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent)
        expect(parse(text)).toEqual(JSON.parse(text))
      }),
      { numRuns: 300 },
    )
  })

  it('throws only its own error for any bytes', () => {
    const near = fc.string({ unit: fc.constantFrom(...Array.from('{}[],:"\\u0012 ae-.\n')) })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), near), (bytes) => {
        tolerant(() => parse(bytes))
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['{"a":1,"a":2}', '"a"'],
    ['{"a":1,"\\u0061":2}', '"a"'],
    ['[{"b":{"c":[]},"x":"}","b":1}]', '"b"'],
    ['{"\\"":1,"\\"":2}', '"""'],
    ['{"__proto__":1,"__proto__":2}', '"__proto__"'],
  ])('rejects a duplicate key: %s', (text, key) => {
    expect(refused(text)).toBe(`Failed to parse the thing: the key ${key} occurs twice in one object`)
  })

  it.each([
    '[{"a":1},{"a":2}]',
    '{"a":{"a":{"a":["a","a"]}}}',
    '{"a":"a","b":"\\\\","c":"\\""}',
    '["a","a"]',
  ])('accepts %s, which has no duplicate key', (text) => {
    expect(parse(text)).toEqual(JSON.parse(text))
  })

  it('rejects a byte order mark, other encodings, trailing data and empty text', () => {
    expect(refused('\uFEFF{}')).toContain('byte order mark')
    expect(refused(Buffer.from('{"a":"é"}', 'latin1'))).toContain('not UTF-8')
    expect(refused(Buffer.from('{}', 'utf16le'))).toContain('Failed to parse')
    for (const text of ['', ' ', '{}{}', '{} x', '{}\0', "{'a':1}", '{"a":1,}', '[01]', 'NaN', '// x\n{}'])
      expect(refused(text)).toContain('Failed to parse the thing')
  })

  it('rejects excessive nesting in bounded time', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
    expect(parse(nested(maxJsonDepth))).toBeInstanceOf(Array)
    expect(refused(nested(maxJsonDepth + 1))).toContain('levels deep')
    expect(refused(nested(2_000_000))).toContain('levels deep')
    expect(refused('{"a":'.repeat(500_000) + '1' + '}'.repeat(500_000))).toContain('levels deep')
  })

  it('keeps __proto__ as a key like any other', () => {
    const value = parse('{"__proto__":{"polluted":1},"constructor":2}') as object
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect({}).not.toHaveProperty('polluted')
  })

  it('formats text from outside on one line', () => {
    expect(refused('<html>\u001b[2J\r\n')).not.toMatch(/\p{Cc}/u)
  })
})

describe('decodeJson', () => {
  const codec = record(
    'a document',
    { list: listOf(t.type({ n: t.number }, 'a thing'), 'a list of things') },
    { map: StringMapCodec, maybe: listOf(t.string) },
  )
  const problem = (value: unknown): string =>
    failure(() => decodeJson(codec, value, document)).message.replace('Failed to parse the thing: ', '')

  it.each([
    [{}, 'list: expected a list of things, got nothing'],
    [{ list: null }, 'list: expected a list of things, got nothing'],
    [null, 'expected a document, got null'],
    [[], 'expected a document, got an array'],
    [{ list: {} }, 'list: expected a list of things, got an object'],
    [{ list: [{ n: 1 }, { n: 'x\u001b' }] }, 'list[1].n: expected number, got "x\\u{1b}"'],
    [{ list: [true] }, 'list[0]: expected a thing, got true'],
    [{ list: 0, map: 0 }, 'list: expected a list of things, got 0'],
  ])('%j: %s', (value, expected) => {
    expect(problem(value)).toBe(expected)
  })

  it('names only the first problems', () => {
    const many = t.type(Object.fromEntries([...Array.from('abcdef')].map((key) => [key, t.number])))
    expect(failure(() => decodeJson(many, {}, document)).message).toMatch(/a: .*; b: .*; c: .*; and 3 more$/)
  })

  it('keeps unknown fields', () => {
    const text = '{"list":[{"n":1,"more":[1]}],"extra":{"x":1,"y":null}}'
    expect(readJson(Buffer.from(text), codec, document)).toEqual(JSON.parse(text))
  })
})
