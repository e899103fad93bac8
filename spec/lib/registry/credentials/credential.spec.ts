import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Credential } from '../../../../lib/registry/credentials/credential.js'

const basicOf = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

describe('Credential', () => {
  it('does not show its secrets when it is printed', () => {
    const each = { username: 'user', password: 'sesame', identityToken: 'sesame', registryToken: 'sesame' }
    for (const credential of [
      Credential.password('user', 'sesame'),
      Credential.identity('sesame'),
      Credential.of(each),
    ]) {
      const shown = inspect(credential, { showHidden: true, depth: 9 }) + JSON.stringify(credential)
      expect(shown).not.toContain('sesame')
      expect(Object.keys(credential)).toEqual([])
    }
  })

  it('lists every secret that must not appear in a message', () => {
    const credential = Credential.of({
      ...{ username: 'user', password: 'pass', identityToken: 'refresh', registryToken: 'bearer' },
    })
    expect(credential.secrets()).toEqual([
      ...['pass', 'refresh', 'bearer'],
      ...[basicOf('user:pass'), basicOf('user:refresh')].map((header) => header.slice('Basic '.length)),
    ])
  })

  it('treats the password of the user <token> as an identity token', () => {
    const credential = Credential.password('<token>', 'refresh')
    expect(credential.identityToken()).toBe('refresh')
    expect(credential.basic()).toBeUndefined()
    expect(credential.secrets()).toEqual(['refresh', basicOf(':refresh').slice('Basic '.length)])
  })

  it('has a password next to a token only if it is not empty', () => {
    const beside = (password: string) =>
      Credential.of({ username: 'u', password, identityToken: 'refresh' }).basic()
    expect(beside('')).toBeUndefined()
    expect(beside('p')).toBe(basicOf('u:p'))
    expect(Credential.of({ username: 'u', registryToken: 'bearer' }).basic()).toBeUndefined()
    expect(Credential.password('u', '').basic()).toBe(basicOf('u:'))
  })

  it('passes an issued identity token on only if it was created to want one', () => {
    const issued: string[] = []
    const wanting = Credential.of({
      username: 'u',
      password: 'p',
      onIdentityToken: (token) => issued.push(token),
    })
    for (const credential of [wanting, Credential.password('u', 'p')])
      credential.receiveIdentityToken('refresh')
    expect(issued).toEqual(['refresh'])
    expect(wanting.wantsIdentityToken).toBe(true)
    expect(Credential.password('u', 'p').wantsIdentityToken).toBe(false)
    expect(wanting.fingerprint()).not.toBe(Credential.password('u', 'p').fingerprint())
  })

  it('is empty if all parts are missing', () => {
    expect(Credential.of({}).isEmpty).toBe(true)
    expect(Credential.of({ username: '<token>' }).isEmpty).toBe(true)
    for (const part of ['username', 'password', 'identityToken', 'registryToken'])
      expect(Credential.of({ [part]: 'x' }).isEmpty).toBe(false)
  })

  it('property: two fingerprints are equal if and only if all parts are equal', () => {
    const part = fc.constantFrom('', 'a', 'b', 'ab')
    const parts = fc.record({ username: part, password: part, identityToken: part, registryToken: part })
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const same = JSON.stringify(Object.values(one)) === JSON.stringify(Object.values(other))
        expect(Credential.of(one).fingerprint() === Credential.of(other).fingerprint()).toBe(same)
      }),
      { numRuns: 500 },
    )
  })
})
