/** The tokens of a template. */
import { describe, expect, it } from 'vitest'
import { splitTemplate } from '../../../cli/format/tokens.js'
import { compileTemplate } from '../../../cli/format/evaluate.js'

const apply = (template: string): string => compileTemplate(template).apply({ N: 1 })

describe('the tokens of a template', () => {
  it.each([
    ['a {{1}} b', 'a 1 b'],
    ['a {{- 1}} b', 'a1 b'],
    ['a {{1 -}} b', 'a 1b'],
    ['a {{1 -}} b {{2}} c', 'a 1b 2 c'],
    ['a {{/* x */ -}} b {{1}} c', 'a b 1 c'],
    ['a {{- /* x */}} b', 'a b'],
    ['a {{/* }} */}}b', 'a b'],
    ['{{-1}} {{ -1.5 }}', '-1 -1.5'],
    ['{{"a\\"b}}\\n"}}', 'a"b}}\n'],
    ['{{`a\\n"`}}', 'a\\n"'],
    ['{{true}} {{false}} {{nil}}', 'true false <no value>'],
    ['{{\n.N\t}}', '1'],
  ])('of %j print %j', (template, text) => {
    expect(apply(template)).toBe(text)
  })

  it.each([
    ['{{"a\\x41"}}', 'the text in quotes has an escape that is not supported'],
    ['{{"a\nb"}}', 'not expected in an action'],
    ['{{"a}}', 'not expected in an action'],
    ['{{1x}}', 'not expected in an action'],
    ['{{.a-b}}', 'not expected in an action'],
    ['{{/* x }}', 'not expected in an action'],
    ['a {{ 1', 'at character 3, before "{{ 1": the action is not closed by }}'],
  ])('of %j are refused', (template, problem) => {
    expect(() => splitTemplate(template)).toThrow(problem)
  })
})
