import { describe, expect, it } from 'vitest'
import { credentialsOf, credentialsOfHeader, registryOf } from '../../../server/docker/registry-auth.js'

const header = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('the credentials of a request', () => {
  it.each([
    [
      { username: 'u', password: 'p' },
      { username: 'u', password: 'p' },
    ],
    [{ auth: Buffer.from('u:p:q').toString('base64') }, { username: 'u', password: 'p:q' }],
    [
      { identitytoken: 't', username: 'u', password: 'p' },
      { username: '<token>', password: 't' },
    ],
    [{ auth: Buffer.from(':p').toString('base64') }, undefined],
    [{ auth: Buffer.from('u').toString('base64') }, undefined],
    [{}, undefined],
    [{ username: 'u' }, undefined],
  ])('are those of a login: %j', (login, expected) => {
    expect(credentialsOfHeader(header(login))).toEqual(expected)
    expect(credentialsOf(login)).toEqual(expected)
  })

  it('are read from both alphabets of base64, because clients use both', () => {
    const login = { username: 'ü?>', password: '~~~???' }
    expect(credentialsOfHeader(Buffer.from(JSON.stringify(login)).toString('base64'))).toEqual(login)
    expect(credentialsOfHeader(header(login))).toEqual(login)
  })

  it.each([
    undefined,
    '',
    'e30=',
    '!!!',
    'bm90IGpzb24',
    header([1]),
    header({ username: 1 }),
    header({ username: 'u', password: 'p'.repeat(16 * 1024) }),
    'A'.repeat(20_000),
  ])('are none if the header is bad, as with dockerd: %s', (value) =>
    expect(credentialsOfHeader(value)).toBeUndefined(),
  )
})

describe('the registry of a login', () => {
  it.each([
    ['https://index.docker.io/v1/', 'docker.io'],
    [undefined, 'docker.io'],
    ['localhost:5000', 'localhost:5000'],
    ['HTTPS://registry.example:8443', 'registry.example:8443'],
    ['registry.example/path/', 'registry.example'],
    ['http://registry.example/v2/', 'registry.example'],
  ])('is the host of %s', (address, registry) => expect(registryOf(address)).toBe(registry))
})
