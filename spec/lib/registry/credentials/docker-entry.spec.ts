import { describe, expect, it } from 'vitest'
import { parseDockerEntry } from '../../../../lib/registry/credentials/docker-entry.js'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('an entry of a credentials file', () => {
  it.each([
    [{ auth: base64('user:a:b:c') }, 'a:b:c'],
    [{ auth: base64('user:sesame\0\0') }, 'sesame'],
    [{ auth: base64('user:sesame'), username: 'other', password: 'other' }, 'sesame'],
    [{ username: 'user', password: 'a:b' }, 'a:b'],
  ])('%j has the password %j: the name ends at the first colon', (entry, password) => {
    const { credential } = parseDockerEntry(entry)
    expect(credential?.basic()).toBe(`Basic ${base64(`user:${password}`)}`)
    expect(credential?.secrets()).toContain(password)
  })

  it.each([
    [{ identitytoken: 1, auth: base64('user:sesame') }, 'identitytoken', true],
    [{ registrytoken: [], auth: base64('user:sesame') }, 'registrytoken', true],
    [{ auth: base64('user:sesame'), password: {} }, 'password', true],
    [{ auth: 1 }, 'auth', false],
    [{ username: 1, password: 'a' }, 'username', false],
    [{ username: 'a', password: true }, 'password', false],
  ])(
    '%j has a fault, which names the field, and its credential if that does not depend on it',
    (entry, name, has) => {
      const { credential, fault } = parseDockerEntry(entry)
      expect(fault).toBe(`has a field '${name}' that is not a string`)
      expect(credential !== undefined).toBe(has)
    },
  )
})
