/** The functions of templates at their limits. */
import { describe, expect, it } from 'vitest'
import { compileTemplate } from '../../../cli/format/evaluate.js'

const data = { L: ['a', 'b'], M: { a: 1 }, N: 2, E: {} }
const apply = (template: string): string => compileTemplate(template).apply(data)

describe('a function of a template', () => {
  it.each([
    ['{{.L | join "-"}} {{join .L "-"}}', 'a-b a-b'],
    ['{{eq .N 1 2}} {{eq .N 1 3}} {{ne .N 2}}', 'true false false'],
    ['{{le 1 1}} {{lt 1 1}} {{ge 1 1}} {{gt 1 1}} {{lt 2 10}}', 'true false true false true'],
    ['{{and 1 "x"}} {{and 1 0 2}} {{or 0 ""}}|', 'x 0 |'],
    ['{{printf "%d%% %v" 5 .L}}', '5% [a b]'],
    ['{{json .M.none}} {{json nil}}', 'null null'],
    ['{{index .M "none"}}', '<no value>'],
    ['{{index .M "constructor"}} {{.M.constructor}}', '<no value> <no value>'],
    ['{{print .N "x"}} {{println}}', '2x \n'],
    ['{{if .E}}full{{else}}empty{{end}}', 'empty'],
  ])('%s prints %j', (template, text) => {
    expect(apply(template)).toBe(text)
  })

  it.each([
    ['{{index .L -1}}', 'the list has 2 elements and no element -1'],
    ['{{index .L 2}}', 'the list has 2 elements and no element 2'],
    ['{{index .L 0.5}}', 'no element 0.5'],
    ['{{index .N 0}}', 'only a list or a map can be indexed'],
    ['{{printf "%s %s" 1}}', 'there is no argument for %s'],
    ['{{printf "%"}}', '% is not supported'],
    ['{{lt 1 "2"}}', 'two numbers or two texts are expected'],
    ['{{len .N}}', 'has a length'],
    ['{{upper .N}}', 'the argument is not a text'],
    ['{{join .N "-"}}', 'a list is expected'],
    ['{{eq 1}}', 'eq takes at least 2 arguments, not 1'],
    ['{{join .L}}', 'join takes 2 arguments, not 1'],
    ['{{.N | eq}}', 'eq takes at least 2 arguments, not 1'],
  ])('refuses %s with its position', (template, problem) => {
    expect(() => apply(template)).toThrow(problem)
    expect(() => apply(template)).toThrow('at character')
  })
})
