import { describe, expect, it } from 'vitest'
import { checkArgument, checkOptions, checkVariable } from '../../../puller/options/check-options.js'
import * as codecs from '../../../puller/options/option-codecs.js'

const table = {
  count: { codec: codecs.wholeNumber(1) },
  login: { codec: codecs.codec('a login', (value): value is string => value === 'x'), secret: true },
} as const
const check = (options: unknown) => (): void => checkOptions('open', table, options)

describe('the options of a call', () => {
  it('may be left out, or undefined', () => {
    expect(check({})).not.toThrow()
    expect(check({ count: undefined, login: undefined })).not.toThrow()
    expect(check({ count: 1, login: 'x' })).not.toThrow()
  })

  it.each(['counts', 'toString', '__proto__', 'constructor'])('has no option %s', (name) => {
    expect(check(JSON.parse(`{${JSON.stringify(name)}: 1}`))).toThrow(`open has no option "${name}"`)
    expect(check({ counts: 1 })).toThrow(
      expect.objectContaining({ hint: 'The options of open are count, login.' }) as Error,
    )
  })

  it.each([
    [null, 'null'],
    [[], 'a list'],
    ['x', '"x"'],
    [() => 1, 'a function'],
    [Symbol('s'), 'a symbol'],
    [5n, '5'],
  ])('is an object, not %o', (options, shown) => {
    expect(check(options)).toThrow(`The options of open must be an object, not ${shown}`)
  })

  it('shows a wrong value, cut, and never a secret', () => {
    expect(check({ count: 0 })).toThrow('count of open must be a whole number of at least 1, not 0')
    expect(check({ login: 'sesame' })).toThrow(/login of open must be a login$/)
    const long = 'x'.repeat(500)
    expect(() => checkArgument('pull', 'name', codecs.wholeNumber(1), long)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('x'.repeat(100)) as string }) as Error,
    )
  })

  it('shows the items of a list of texts without passwords in URLs', () => {
    const list = ['https://user:sesame@host', 'plain']
    expect(() => checkArgument('open', 'list', codecs.wholeNumber(1), list)).toThrow(
      'not ["https://host", "plain"]',
    )
    expect(() => checkArgument('open', 'list', codecs.wholeNumber(1), [1, 'a'])).toThrow('not a list')
  })

  it('is named with the variable that it comes from', () => {
    expect(() => checkVariable('WINDLASS_STORE', codecs.path, 'a\0b')).toThrow(
      /^The variable WINDLASS_STORE must be a path, not "/,
    )
  })
})
