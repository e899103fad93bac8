import { describe, expect, it } from 'vitest'
import { helperSetting } from '../../../../lib/registry/credentials/helper-settings.js'
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
})
