import { describe, expect, it } from 'vitest'
import { parseToken } from '../../lib/registry/token.js'

const parse = (value: unknown) => parseToken(Buffer.from(JSON.stringify(value)), 1000)
/** Seconds that the token is used for, the early renewal included. */
const lifetime = (value: object): number =>
  Math.round(((parse({ token: 't', ...value })?.expires ?? NaN) - 1000) / 1000)

describe('parseToken', () => {
  it('S0-83 S3-13 takes token or access_token', () => {
    expect(parse({ token: 'a', access_token: 'b' })?.value).toBe('a')
    expect(parse({ access_token: 'b' })?.value).toBe('b')
    expect(parse({ token: '', access_token: 'b' })?.value).toBe('b')
  })

  it('S3-13 lives 60 s where nothing sensible is said', () => {
    for (const expires_in of [undefined, 0, -1, 'x', null, {}]) expect(lifetime({ expires_in })).toBe(55)
    expect(lifetime({ expires_in: 300 })).toBe(295)
    expect(lifetime({ expires_in: 10 })).toBe(9)
    expect(lifetime({ expires_in: 1e12 })).toBe(86_400 - 5)
  })

  it('counts from issued_at, and disbelieves clocks that disagree', () => {
    const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()
    expect(lifetime({ expires_in: 300, issued_at: ago(100) })).toBe(195)
    expect(lifetime({ expires_in: 300, issued_at: ago(4000) })).toBe(295)
    expect(lifetime({ expires_in: 300, issued_at: ago(-4000) })).toBe(295)
    expect(lifetime({ expires_in: 300, issued_at: 'yesterday' })).toBe(295)
  })

  it('refuses what could not stand in a header', () => {
    for (const token of ['a\r\nx: y', 'a b', 'ä', 'a'.repeat(70_000), 5, null])
      expect(parse({ token })).toBeUndefined()
    expect(parse([])).toBeUndefined()
    expect(parse(null)).toBeUndefined()
    expect(parseToken(Buffer.from('<html>'), 0)).toBeUndefined()
    expect(parse({ token: 'a'.repeat(20_000) })).toBeDefined()
  })
})
