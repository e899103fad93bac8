import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { ListDocument } from '../../../lib/sync/list-document.js'

const read = (text: string) => new ListDocument(text, 'list.yml')
const invalid = (message: string | RegExp) =>
  expect.objectContaining({
    code: 'USAGE',
    message: expect.stringMatching(message) as string,
    subject: { path: 'list.yml' },
  }) as Error

describe('a list in YAML', () => {
  it('has texts only, and merges mappings', () => {
    const text = 'a: &a { b: 1.10, c: ~ }\nd: { <<: *a, c: yes }\n'
    expect(read(text).content).toEqual({ a: { b: '1.10', c: '~' }, d: { b: '1.10', c: 'yes' } })
  })

  it.each([
    ['', /line 1: it is empty/],
    ['# nothing', /line 1: it is empty/],
    ['a: 1\nb: [', /list\.yml, line 2/],
    ['a: 1\n\na: 2', /line 3.*unique/i],
    ['a: 1\n---\nb: 2', /document/i],
  ])('is refused with its line: %j', (text, message) => {
    expect(() => read(text)).toThrow(invalid(message))
  })

  it('knows the line of each value, also behind an alias', () => {
    const document = read('a: &a\n  b:\n  - x\n  - y\nc: *a\nd:\n  "e f": z\n')
    expect(document.lineOf([])).toBe(1)
    expect(document.lineOf(['a', 'b'])).toBe(2)
    expect(document.lineOf(['a', 'b', 1])).toBe(4)
    expect(document.lineOf(['c', 'b', 0])).toBe(3)
    expect(document.lineOf(['d', 'e f'])).toBe(7)
    expect(document.lineOf(['d', 'missing', 'more'])).toBe(6)
    expect(document.lineOf(['a', 'b', 7])).toBe(2)
  })

  it('names a value by its line and path', () => {
    const document = read('a:\n- "b c": x\n')
    const { message, hint } = document.fault(['a', 0, 'b c'], 'it is wrong')
    expect(message).toBe('Failed to read the list of images in list.yml, line 2: a[0]["b c"]: it is wrong')
    expect(hint).toContain('docs/sync.md')
    expect(document.fault([], 'it is wrong', 'Mend it.')).toMatchObject({ hint: 'Mend it.' })
    expect(document.fault([], 'it is wrong').message).toMatch(/line 1: it is wrong$/)
    expect(document.fault(['b c', 'd'], 'it is wrong').message).toContain('"b c".d: it is wrong')
  })
})

describe('the keys of a mapping', () => {
  const rules = { a: 'read', b: { refused: 'why' }, c: { ignored: 'do this.' } } as const

  it('are those that are read; others warn, and users have keys of their own', () => {
    const document = read('x-mine: 1\na: 2\nc: 3\n')
    expect(document.fields(document.content, [], rules)).toEqual({ a: '2' })
    expect(document.warnings).toEqual(['list.yml, line 3: c has no effect: do this.'])
  })

  it('may be empty, whatever the rule', () => {
    const document = read('a:\nb:\nc:\n')
    expect(document.fields(document.content, [], rules)).toEqual({})
    expect(document.warnings).toEqual([])
  })

  it.each([
    ['b: 1', /b: Windlass does not support this key: why/],
    ['d: 1', /d: there is no such key/],
    ['toString: 1', /toString: there is no such key/],
    ['d:', /d: there is no such key/],
    ['- a', /it must be a mapping, not a list/],
    ['a', /it must be a mapping, not a text/],
  ])('are refused: %j', (text, message) => {
    const document = read(text)
    expect(() => document.fields(document.content, [], rules)).toThrow(invalid(message))
  })
})

describe('a value of a list', () => {
  it('is decoded, or refused with what is there', () => {
    const document = read('a: [x, { y: z }]\n')
    expect(document.decode(t.string, 'x', ['a', 0])).toBe('x')
    for (const [value, found] of [
      [undefined, 'missing'],
      [['x'], 'a list'],
      [{ y: 'z' }, 'a mapping'],
    ] as const)
      expect(() => document.decode(t.string, value, ['a', 1])).toThrow(
        invalid(`line 1: a\\[1\\]: it must be string, not ${found}$`),
      )
    expect(() => document.decode(t.array(t.number), ['x'], ['a'])).toThrow(
      invalid(/a\[0\]: it must be number, not "x"$/),
    )
  })
})
