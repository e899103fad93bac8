import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scrub } from '../../../../../lib/registry/credentials/helper/helper-failure.js'

describe('what a helper wrote to stderr', () => {
  it.each([
    ['gpg: decryption failed\n  no key\n', 'gpg: decryption failed no key'],
    [
      'open /home/user1/.password-store/docker-credential-helpers: no',
      'open /home/user1/.password-store/docker-credential-helpers: no',
    ],
    ['fetch https://user:sesame@host/x', 'fetch https://***@host/x'],
    ['{"Username":"u","Secret":"sesame"}', '{"Username":"u","Secret":***'],
    ['Authorization: Bearer sesame', 'Authorization: ***'],
    ['sent bearer sesame', 'sent bearer ***'],
    ['got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'got ***'],
    ['\u001b[2Jcleared', '\\u{1b}[2Jcleared'],
  ])('%j is quoted as %j', (text, quoted) => {
    expect(scrub(text)).toBe(quoted)
  })

  it('property: contains no known secret, and has a bounded length', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 4 }), fc.string(), (before, secret, after) => {
        fc.pre(secret.trim() === secret && !'***'.includes(secret))
        const result = scrub(`${before}${secret}${after}`, [secret])
        fc.pre(!`${before}***${after}`.includes(secret))
        expect(result.includes(secret)).toBe(false)
        expect(result.length).toBeLessThan(2_500)
      }),
    )
  })
})
