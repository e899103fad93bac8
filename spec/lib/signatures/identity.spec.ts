import { describe, expect, it } from 'vitest'
import { formatIdentity, isIdentity } from '../../../lib/signatures/identity.js'

const issuer = 'https://accounts.example'

describe('the identity of a signer', () => {
  const is = (
    subject: string | RegExp,
    actual: string | undefined,
    by: string | undefined = issuer,
  ): boolean => isIdentity({ subject, issuer }, { subject: actual, issuer: by })

  it('has the subject and the issuer that are required', () => {
    expect(is('a@example.org', 'a@example.org')).toBe(true)
    expect(is('a@example.org', 'A@example.org')).toBe(false)
    expect(is('a@example.org', 'a@example.org', 'https://other.example')).toBe(false)
    expect(isIdentity({ subject: 'a', issuer }, { subject: 'a', issuer: undefined })).toBe(false)
    expect(is(/.*/, undefined)).toBe(false)
  })

  it('matches a pattern as a whole, also one with alternatives', () => {
    expect(is(/https:\/\/ci\.example\/.+/, 'https://ci.example/app')).toBe(true)
    expect(is(/https:\/\/ci\.example\/.+/, 'https://evil.example/https://ci.example/app')).toBe(false)
    expect(is(/a|b/, 'b')).toBe(true)
    expect(is(/a|b/, 'ax')).toBe(false)
    expect(is(/A/i, 'a')).toBe(true)
  })

  it('matches a line of several only with all of them, whatever the flags say', () => {
    expect(is(/a/m, 'x\na')).toBe(false)
    const pattern = /a/gy
    expect([is(pattern, 'a'), is(pattern, 'a'), pattern.lastIndex]).toEqual([true, true, 0])
  })

  it('is shown without control characters', () => {
    expect(formatIdentity({ subject: 'a\u001b[31m', issuer: undefined })).not.toContain('\u001b')
    expect(formatIdentity({ subject: /a.*/, issuer })).toBe(`/a.*/ (issuer "${issuer}")`)
  })
})
