/** What a template may contain, and how deep. */
import { describe, expect, it } from 'vitest'
import { compileTemplate } from '../../../cli/format/evaluate.js'
import { parseTemplate } from '../../../cli/format/parse.js'

const apply = (template: string): string => compileTemplate(template).apply({ L: ['a'], M: { k: 'v' } })

describe('a template', () => {
  it('has at most 65,536 characters', () => {
    expect(parseTemplate('x'.repeat(65_536))).toHaveLength(1)
    expect(() => parseTemplate('x'.repeat(65_537))).toThrow('it has more than 65536 characters')
  })

  it('nests blocks and parentheses at most 50 levels deep, however many follow each other', () => {
    const blocks = (depth: number): string => '{{if true}}'.repeat(depth) + '{{end}}'.repeat(depth)
    const parentheses = (depth: number): string => `{{${'('.repeat(depth)}1${')'.repeat(depth)}}}`
    for (const make of [blocks, parentheses]) {
      expect(() => parseTemplate(make(50))).not.toThrow()
      expect(() => parseTemplate(make(51))).toThrow('nested more than 50 levels deep')
      expect(() => parseTemplate(make(1).repeat(60))).not.toThrow()
    }
  })

  it.each([
    ['{{if true}}{{else}}{{else}}{{end}}', 'the block is not closed by {{end}}'],
    ['{{if true}}{{else}}', 'the block is not closed by {{end}}'],
    ['{{if true}}{{end 1}}', 'this is not expected here'],
    ['{{if true}}{{else 1}}{{end}}', 'this is not expected here'],
    ['{{if true}}{{else}}{{end 1}}', 'this is not expected here'],
    ['{{else}}', 'there is no block to end here'],
    ['{{range $a, $b, $c := .L}}{{end}}', 'not expected'],
    ['{{range $a, := .L}}{{end}}', 'not expected'],
    ['{{toString}}', 'there is no function toString'],
    ['{{constructor .L}}', 'there is no function constructor'],
    ['{{.L if}}', 'if must be the first word of an action'],
    ['{{$ := 1}}', 'not expected'],
    ['{{$x.a := 1}}', 'not expected'],
  ])('%s is refused', (template, problem) => {
    expect(() => parseTemplate(template)).toThrow(problem)
  })

  it('has variables that end with their block', () => {
    expect(apply('{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}')).toBe('21')
    expect(() => apply('{{if true}}{{$x := 1}}{{end}}{{$x}}')).toThrow('the variable $x is not defined')
    expect(() => apply('{{range $v := .L}}{{end}}{{$v}}')).toThrow('the variable $v is not defined')
  })

  it('gives one variable of a range the element, also of a map', () => {
    expect(apply('{{range $v := .M}}{{$v}}{{end}} {{range $k, $v := .M}}{{$k}}={{$v}}{{end}}')).toBe('v k=v')
  })

  it('keeps the dot in `if` and changes it in `with`, but not in its `else`', () => {
    expect(
      apply('{{if .M}}{{.M.k}}{{end}}{{with .M}}{{.k}}{{end}}{{with .M.none}}{{else}}{{.M.k}}{{end}}'),
    ).toBe('vvv')
    expect(apply('{{with .M.none}}{{else with .M}}{{.k}}{{end}}')).toBe('v')
  })

  it('is quoted in errors without its control characters', () => {
    expect(() => parseTemplate('{{\u001b[2J}}')).toThrow(/before "\\u\{?1b\}?\[2J}}"|before "\\u001b\[2J}}"/)
  })
})
