import { describe, expect, it } from 'vitest'
import { endpointOf } from '../../../../lib/registry/policy/endpoint.js'
import { mayReceiveCredentials, parseRealm, type RealmRules } from '../../../../lib/registry/auth/realm.js'

const rules = (registry: string, plainHttp = false, trusted: string[] = []): RealmRules => ({
  endpoint: endpointOf(registry, { plainHttp }),
  trusted: new Set(trusted),
})
const secure = rules('registry.example')

describe('parseRealm', () => {
  it('accepts the origin of the registry itself, at any address', () => {
    for (const registry of ['169.254.7.7:5000', '0.0.0.0:5000', '127.0.0.1:5000']) {
      const realm = `http://${registry}/token`
      expect(parseRealm(realm, rules(registry, true)).href).toBe(realm)
      expect(() => parseRealm(realm, secure)).toThrow(expect.objectContaining({ code: 'CHALLENGE_INVALID' }))
    }
  })

  it.each(['https://auth.example/token', 'https://10.0.0.1/jwt/auth', 'https://registry.example:8443/t?x=1'])(
    'accepts %s from an https registry',
    (realm) => {
      expect(parseRealm(realm, secure).href).toBe(realm)
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
  ])('rejects %s from an https registry', (realm) => {
    expect(() => parseRealm(realm, secure)).toThrow(expect.objectContaining({ code: 'CHALLENGE_INVALID' }))
  })

  it('accepts a token server on this machine from a registry on this machine', () => {
    expect(parseRealm('http://127.0.0.1:5001/auth', rules('localhost:5000')).port).toBe('5001')
    expect(() => parseRealm('http://169.254.169.254/', rules('localhost:5000'))).toThrow('link-local')
  })

  it('accepts any URL that the user trusts', () => {
    const trusting = rules('registry.example', false, ['http://auth.lan'])
    expect(parseRealm('http://auth.lan/t', trusting).host).toBe('auth.lan')
    expect(mayReceiveCredentials(new URL('http://auth.lan/t'), trusting)).toBe(true)
  })
})

describe('mayReceiveCredentials', () => {
  const may = (realm: string, from: RealmRules) => mayReceiveCredentials(new URL(realm), from)

  it('allows plain HTTP only for the registry itself and for this machine', () => {
    expect(may('https://auth.example/', secure)).toBe(true)
    expect(may('http://registry.lan:5000/token', rules('registry.lan:5000', true))).toBe(true)
    expect(may('http://auth.lan/token', rules('registry.lan:5000', true))).toBe(false)
    expect(may('https://auth.lan/token', rules('registry.lan:5000', true))).toBe(true)
    expect(may('http://127.0.0.1:5001/', rules('127.0.0.1:5000'))).toBe(true)
    expect(may('http://registry.example/', rules('registry.example:80'))).toBe(false)
  })
})
