import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonErrorLine, jsonLineOf } from '../../../../../lib/registry/hosts/files/json-line.js'

describe('the line of an error in JSON', () => {
  it.each([
    ['', 1],
    ['{\n"a": 1,\n}', 3],
    ['{\n"a": 1\n"b": 2}', 3],
    ['{"a": [1,\n2,\n]}', 3],
    ['{"a" 1}', 1],
    ['\n\n{a: 1}', 3],
    ['{}\n{}', 2],
    ['[1\n', 2],
    ['["a\n"]', 1],
    ['{"a": 01}', 1],
    ['{"a":\n nul}', 2],
    ['[}', 1],
    ['{]', 1],
  ])('of %j is %d', (text, line) => {
    expect(() => void JSON.parse(text)).toThrow()
    expect(jsonErrorLine(text)).toBe(line)
  })

  it('is the last line of a valid text, and that of an invalid token otherwise', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value, undefined, 1)
        expect(jsonErrorLine(`${text}\n`)).toBe(text.split('\n').length + 1)
        expect(jsonErrorLine(`${text}\n?\n`)).toBe(text.split('\n').length + 1)
      }),
    )
  })
})

it('finds the line of a field', () => {
  const text = '{\n"a.b": "c",\n"c" : []\n}'
  expect(jsonLineOf(text, ['a.b'])).toBe(2)
  expect(jsonLineOf(text, ['c', 0])).toBe(3)
  expect(jsonLineOf(text, ['d'])).toBeUndefined()
  expect(jsonLineOf(text, [])).toBeUndefined()
})
