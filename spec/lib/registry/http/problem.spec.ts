import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseProblem } from '../../../../lib/registry/http/problem.js'

const parse = (value: unknown) => parseProblem(Buffer.from(JSON.stringify(value)))

describe('parseProblem', () => {
  it.each([
    [
      "the distribution's form",
      { errors: [{ code: 'DENIED', message: 'no', detail: {} }] },
      { code: 'DENIED', message: 'no' },
    ],
    [
      'an empty first error',
      { errors: [null, {}, { code: 'DENIED', message: 'no' }] },
      { code: 'DENIED', message: 'no' },
    ],
    ['an empty list beside words', { errors: [], message: 'no' }, { code: '', message: 'no' }],
    ['no list beside words', { errors: null, message: 'no' }, { code: '', message: 'no' }],
    ['a list that is an object', { errors: { a: ['x'] }, message: 'no' }, { code: '', message: 'no' }],
    [
      "OAuth's form",
      { error: 'invalid_grant', error_description: 'old' },
      { code: 'INVALID_GRANT', message: 'old' },
    ],
    ['an error in an error', { error: { code: 403, message: 'no' } }, { code: '', message: 'no' }],
    ['details', { details: 'no' }, { code: '', message: 'no' }],
    ['a code with blanks', { errors: [{ code: 'not a code', message: 'no' }] }, { code: '', message: 'no' }],
  ])('reads %s', (_, body, expected) => expect(parse(body)).toEqual(expected))

  it.each([
    ...['', '<html>', 'null', '5', '"no"', '[]', '[{"message":"no"}]', '{"errors":["no"]}', '{"errors":[5]}'],
    ...['{"errors":[{"code":5,"message":[]}]}', '{"message":{"a":1}}', '['.repeat(1e5)],
    ...[`{"errors":${'['.repeat(1e5)}${']'.repeat(1e5)}}`, '{"__proto__":{"message":"no"}}'],
  ])('returns an empty problem for %.40s', (body) =>
    expect(parseProblem(Buffer.from(body))).toEqual({ code: '', message: '' }),
  )

  it('ignores a byte order mark', () =>
    expect(parseProblem(Buffer.from('\uFEFF{"message":"no"}')).message).toBe('no'))

  const full = {
    errors: [{ code: 'DENIED', message: 'no', error: 'e', error_description: 'd', details: 'x' }],
    ...{ code: 'C', message: 'm', error: 'e2', error_description: 'd2', details: 'x2' },
  }

  it('property: a field that is null is equivalent to a missing field', () => {
    const names = ['errors', ...Object.keys(full.errors[0] ?? {})]
    fc.assert(
      fc.property(fc.subarray(names), fc.subarray(names), (outside, inside) => {
        const without = (value: object, gone: readonly string[], to: unknown) =>
          Object.fromEntries(
            Object.entries(value).flatMap(([name, each]): [string, unknown][] =>
              !gone.includes(name) ? [[name, each]] : to === undefined ? [] : [[name, to]],
            ),
          )
        const body = (to: unknown) =>
          without({ ...full, errors: [without(full.errors[0] ?? {}, inside, to)] }, outside, to)
        expect(parse(body(null))).toEqual(parse(body(undefined)))
      }),
      { numRuns: 300 },
    )
  })

  it('property: never throws', () => {
    const name = fc.constantFrom('errors', 'code', 'message', 'error', 'details', 'x')
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(name, tie('tree'), { maxKeys: 4 }),
      ),
    }))
    fc.assert(
      fc.property(tree, (value) => {
        const { code, message } = parse(value)
        expect(typeof code + typeof message).toBe('stringstring')
      }),
      { numRuns: 300 },
    )
  })
})
