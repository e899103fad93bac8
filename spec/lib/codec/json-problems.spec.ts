import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { jsonProblems } from '../../../lib/codec/json-problems.js'

const problemsOf = (codec: t.Mixed, value: unknown): string => {
  const result = codec.decode(value)
  return result._tag === 'Left' ? jsonProblems(result.left) : ''
}

describe('the problems of a document', () => {
  it('have the path to the value, also for keys that are no identifiers', () => {
    const codec = t.type({ a: t.array(t.type({ 'b.c': t.number })) })
    expect(problemsOf(codec, { a: [{ 'b.c': 1 }, { 'b.c': 'x' }] })).toBe(
      'a[1]["b.c"]: expected number, got "x"',
    )
    expect(problemsOf(t.number, [])).toBe('expected number, got an array')
  })

  it('are at most three, each once, with the number of the others', () => {
    const codec = t.array(t.number)
    expect(problemsOf(codec, ['a', 'b', 'c', 'd', 'e'])).toBe(
      '[0]: expected number, got "a"; [1]: expected number, got "b"; [2]: expected number, got "c"; and 2 more',
    )
    const twice = t.union([t.number, t.number])
    expect(problemsOf(twice, 'a')).toBe('expected number, got "a"')
  })

  it('have no more of a value than a line can show, and nothing that steers a terminal', () => {
    const problem = problemsOf(t.number, `\u001b[31m${'x'.repeat(10_000)}`)
    expect(problem.length).toBeLessThan(200)
    expect(problem).toContain('\\u{1b}')
  })
})
