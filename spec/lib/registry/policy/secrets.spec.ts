import { describe, expect, it } from 'vitest'
import { Secrets } from '../../../../lib/registry/policy/secrets.js'

describe('the secrets of a client', () => {
  it('are forgotten beyond a number, but not one that is used again', () => {
    const secrets = new Secrets()
    for (let at = 0; at < 1_000; at++) {
      secrets.add('password', `token-${at}.`)
      expect(secrets.conceal(`password token-${at}.`)).toBe('*** ***')
    }
    expect(secrets.conceal('token-0. token-999.')).toBe('token-0. ***')
  })
})
