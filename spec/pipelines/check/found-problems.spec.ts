import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../lib/errors.js'
import { digestOf } from '../../../lib/image/index.js'
import { FoundProblems, type NewProblem } from '../../../pipelines/check/found-problems.js'

const digest = digestOf(Buffer.from('a blob'))
const problem: NewProblem = {
  kind: 'layer',
  digest,
  path: '/store/blob',
  images: ['a'],
  why: 'it is missing',
}
const failure = (message: string) => new WindlassError('NETWORK', message, { hint: 'Try again.' })

describe('the problems of a verification', () => {
  it('are one for each kind and digest, with every image that it affects', () => {
    const problems = new FoundProblems()
    const found = problems.add(problem)
    expect(problems.add({ ...problem, images: ['b'] })).toBe(found)
    found.addAffectedImage('c')
    found.addAffectedImage('a')
    const tree = problems.add({ ...problem, kind: 'tree' })
    expect(problems.of(digest)).toEqual([found, tree])
    expect(problems.of(digestOf(Buffer.from('another')))).toEqual([])
    expect(problems.toList()).toEqual([
      { ...problem, images: ['a', 'c'], repaired: false },
      { ...problem, kind: 'tree', repaired: false },
    ])
    expect([found.kind, found.digest]).toEqual(['layer', digest])
  })

  it('are one for each name, and for each kind without a digest', () => {
    const problems = new FoundProblems()
    const named = (image: string): NewProblem => ({
      ...{ kind: 'name', path: '/store/index.json', images: [image], why: 'it was changed' },
    })
    problems.add(named('a'))
    problems.add(named('b'))
    problems.add(named('a'))
    problems.add({ ...named('a'), kind: 'layout' })
    expect(problems.toList().map(({ kind, images }) => [kind, ...images])).toEqual([
      ['name', 'a'],
      ['name', 'b'],
      ['layout', 'a'],
    ])
  })
})

describe('a problem that could not be repaired', () => {
  const failed = (...messages: string[]) => {
    const found = new FoundProblems().add(problem)
    for (const message of messages)
      found.recordFailure(`from ${message}`, `name ${message}`, failure(message))
    return found
  }

  it('has the error of the only attempt', () => {
    const found = failed('one')
    expect(found.toProblem().error).toEqual(failure('one').toJSON())
    expect([found.hasFailedFrom('from one'), found.hasFailedFrom('from two')]).toEqual([true, false])
  })

  it('has one error that lists up to three attempts', () => {
    expect(failed('one', 'two').toProblem().error).toEqual({
      ...failure('one').toJSON(),
      message: 'None of the 2 names that need it could repair it: name one: one; name two: two',
    })
    expect(failed('1', '2', '3').toProblem().error?.message).toMatch(/: name 1: 1; name 2: 2; name 3: 3$/)
    expect(failed('1', '2', '3', '4', '5').toProblem().error?.message).toMatch(
      /^None of the 5 names .*name 3: 3; and 2 more$/,
    )
  })

  it('has no error once it was repaired from elsewhere', () => {
    const found = failed('one')
    expect(found.isRepaired).toBe(false)
    found.markRepaired()
    expect(found.isRepaired).toBe(true)
    expect(found.toProblem()).toEqual({ ...problem, repaired: true })
  })
})
