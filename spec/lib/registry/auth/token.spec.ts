import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseToken } from '../../../../lib/registry/auth/token.js'

const parse = (value: unknown) => parseToken(Buffer.from(JSON.stringify(value)), 1000)
/** Returns the lifetime of the token in seconds, after adding the time by which it is replaced early. */
const lifetime = (value: object): number =>
  Math.round(((parse({ token: 't', ...value })?.expires ?? NaN) - 1000) / 1000)

describe('parseToken', () => {
  it('accepts token or access_token (S0-83, S3-13)', () => {
    expect(parse({ token: 'a', access_token: 'b' })?.value).toBe('a')
    expect(parse({ access_token: 'b' })?.value).toBe('b')
    for (const token of ['', null, 5, {}, 'a b']) expect(parse({ token, access_token: 'b' })?.value).toBe('b')
    expect(parseToken(Buffer.from('\uFEFF{"token":"a"}'), 0)?.value).toBe('a')
  })

  it('has a lifetime of 60 s if expires_in is missing or invalid (S3-13)', () => {
    for (const expires_in of [undefined, 0, -1, 'x', '', '0', null, {}, [300], true])
      expect(lifetime({ expires_in })).toBe(55)
    for (const expires_in of [300.4, '300', ' 300 ', '300.0', '3e2'])
      expect(lifetime({ expires_in })).toBe(295)
    expect(lifetime({ expires_in: 300 })).toBe(295)
    expect(lifetime({ expires_in: 10 })).toBe(9)
    expect(lifetime({ expires_in: 1e12 })).toBe(86_400 - 5)
  })

  it('counts from issued_at, unless the clocks differ', () => {
    const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()
    expect(lifetime({ expires_in: 300, issued_at: ago(100) })).toBe(195)
    expect(lifetime({ expires_in: 300, issued_at: ago(4000) })).toBe(295)
    expect(lifetime({ expires_in: 300, issued_at: ago(-4000) })).toBe(295)
    for (const issued_at of ['yesterday', '', null, 5, {}, '0001-01-01T00:00:00Z', '2020-13-45'])
      expect(lifetime({ expires_in: 300, issued_at })).toBe(295)
  })

  const full = { token: 'a', access_token: 'b', expires_in: 300, issued_at: '2020-01-01T00:00:00Z' }
  const fields = Object.keys(full)
  const without = (gone: readonly string[], to: unknown) =>
    Object.fromEntries(
      Object.entries(full).flatMap(([name, value]): [string, unknown][] =>
        !gone.includes(name) ? [[name, value]] : to === undefined ? [] : [[name, to]],
      ),
    )

  it('property: a field that is null is equivalent to a missing field', () => {
    fc.assert(
      fc.property(fc.subarray(fields), (gone) => {
        expect(parse(without(gone, null))).toEqual(parse(without(gone, undefined)))
      }),
    )
  })

  it('property: a field of the wrong type is equivalent to a missing field, and unknown fields change nothing', () => {
    const wrong = fc.jsonValue().filter((each) => typeof each !== 'string' && typeof each !== 'number')
    fc.assert(
      fc.property(fc.subarray(fields), wrong, (gone, value) => {
        expect(parse({ ...without(gone, value), unknown: value })).toEqual(parse(without(gone, undefined)))
      }),
    )
  })

  it('rejects a token that a header cannot contain', () => {
    for (const token of ['a\r\nx: y', 'a b', 'ä', 'a'.repeat(70_000), 5, null])
      expect(parse({ token })).toBeUndefined()
    expect(parse([])).toBeUndefined()
    expect(parse(null)).toBeUndefined()
    expect(parseToken(Buffer.from('<html>'), 0)).toBeUndefined()
    expect(parse({ token: 'a'.repeat(20_000) })).toBeDefined()
  })
})
