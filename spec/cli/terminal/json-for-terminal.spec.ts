/** JSON that is printed on a terminal. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonForTerminal } from '../../../cli/terminal/json-for-terminal.js'

describe('JSON on a terminal', () => {
  it('has the same value, whatever is escaped', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(jsonForTerminal(JSON.stringify(value)))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('controls no terminal', () => {
    expect(jsonForTerminal('{\r\n\t"a":"\u009b\u202e\u{e0001}"}')).toBe(
      '{ \n\t"a":"\\u009b\\u202e\\udb40\\udc01"}',
    )
  })
})
