import { describe, expect, it } from 'vitest'
import { endpointOf } from '../../../../lib/registry/policy/endpoint.js'
import { mayCarryCredentials, realmOf, type RealmRules } from '../../../../lib/registry/auth/realm.js'

const rules = (registry: string, plainHttp = false, trusted: string[] = []): RealmRules => ({
  endpoint: endpointOf(registry, { plainHttp }),
  trusted: new Set(trusted),
})
const secure = rules('registry.example')

describe('realmOf', () => {
  it.each(['https://auth.example/token', 'https://10.0.0.1/jwt/auth', 'https://registry.example:8443/t?x=1'])(
    'lets an https registry name %s',
    (realm) => {
      expect(realmOf(realm, secure).href).toBe(realm)
    },
  )

  it.each([
    'http://auth.example/token',
    'file:///etc/passwd',
    'unix:/run/docker.sock',
    'data:,x',
    'javascript:1',
    '/token',
    '',
    'https://user:pw@auth.example/',
    'https://user@auth.example/',
    'https://:pw@auth.example/',
    'https://127.0.0.1/token',
    'https://localhost:8443/',
    'https://[::1]/',
    'https://[::ffff:7f00:1]/',
    'https://169.254.169.254/latest',
    'https://2852039166/latest',
    'https://0.0.0.0/',
    'https://metadata.google.internal/',
  ])('does not let it name %s', (realm) => {
    expect(() => realmOf(realm, secure)).toThrow(expect.objectContaining({ code: 'CHALLENGE_INVALID' }))
  })

  it('lets a registry on this machine name one beside it', () => {
    expect(realmOf('http://127.0.0.1:5001/auth', rules('localhost:5000')).port).toBe('5001')
    expect(() => realmOf('http://169.254.169.254/', rules('localhost:5000'))).toThrow('link-local')
  })

  it('lets the user name any', () => {
    const trusting = rules('registry.example', false, ['http://auth.lan'])
    expect(realmOf('http://auth.lan/t', trusting).host).toBe('auth.lan')
    expect(mayCarryCredentials(new URL('http://auth.lan/t'), trusting)).toBe(true)
  })
})

describe('mayCarryCredentials', () => {
  const may = (realm: string, from: RealmRules) => mayCarryCredentials(new URL(realm), from)

  it('keeps them from the clear, the registry itself and this machine excepted', () => {
    expect(may('https://auth.example/', secure)).toBe(true)
    expect(may('http://registry.lan:5000/token', rules('registry.lan:5000', true))).toBe(true)
    expect(may('http://auth.lan/token', rules('registry.lan:5000', true))).toBe(false)
    expect(may('https://auth.lan/token', rules('registry.lan:5000', true))).toBe(true)
    expect(may('http://127.0.0.1:5001/', rules('127.0.0.1:5000'))).toBe(true)
    expect(may('http://registry.example/', rules('registry.example:80'))).toBe(false)
  })
})
