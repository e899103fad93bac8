import { describe, expect, it } from 'vitest'
import { helperSetting, namedHelpers } from '../../../../lib/registry/credentials/helper-settings.js'
import { fieldsOf } from '../../../../lib/registry/credentials/json-fields.js'

describe('the helper of a registry', () => {
  it('is asked for at most four servers, first for the one that Docker asks for', () => {
    const keys = [
      'http://a.example',
      'https://a.example',
      'a.example/v1/',
      'a.example/v2/',
      'https://a.example/v2/',
    ]
    const auths = Object.fromEntries(keys.map((key) => [key, {}]))
    const { servers = [] } = helperSetting(fieldsOf({ credsStore: 'store', auths })!, 'a.example') ?? {}
    expect(servers).toEqual(['a.example', ...keys.slice(0, 3)])
  })
  const setting = (json: object, registry = 'a.example') => helperSetting(fieldsOf(json)!, registry)

  it('is its own, or else the default one', () => {
    const both = { credsStore: 'store', credHelpers: { 'https://A.example/v2/': 'own' } }
    expect(setting(both)).toEqual({ name: 'own', servers: ['a.example'], isExpected: true })
    expect(setting(both, 'b.example')).toEqual({
      ...{ name: 'store', servers: ['b.example'], isExpected: false },
    })
    expect(setting({ credHelpers: { 'b.example': 'own' } })).toBeUndefined()
  })

  it.each<[unknown, unknown, string | undefined]>([
    ['', 'store', 'store'],
    [1, 'store', 'store'],
    [undefined, '', undefined],
    ['', undefined, undefined],
    [null, 1, undefined],
    ['own', 1, 'own'],
  ])('ignores settings that are empty or of the wrong type: %j, %j', (own, credsStore, name) => {
    expect(setting({ credsStore, credHelpers: { 'a.example': own } })?.name).toBe(name)
  })

  it('is expected to have a login if an empty entry is left, and not for one with a login or a path', () => {
    const isExpected = (auths: object) => setting({ credsStore: 'store', auths })?.isExpected
    expect(isExpected({ 'https://a.example': {} })).toBe(true)
    expect(isExpected({ 'a.example': { auth: 'dTpw' } })).toBe(false)
    expect(isExpected({ 'a.example/team': {} })).toBe(false)
    expect(isExpected({ 'b.example': {} })).toBe(false)
    expect(isExpected({ 'a.example': null })).toBe(false)
  })

  it('is asked for Docker Hub by both of its names', () => {
    const { servers } = setting({ credsStore: 'store' }, 'registry-1.docker.io')!
    expect(servers).toEqual(['https://index.docker.io/v1/', 'docker.io'])
  })
})

describe('the helpers of a file', () => {
  it('are those with a name', () => {
    const named = namedHelpers(fieldsOf({ credsStore: 'store', credHelpers: { a: 'one', b: '', c: 1 } })!)
    expect(named).toEqual({ credsStore: 'store', credHelpers: new Map([['a', 'one']]) })
    expect(namedHelpers(fieldsOf({ credsStore: '' })!).credsStore).toBeUndefined()
  })
})
