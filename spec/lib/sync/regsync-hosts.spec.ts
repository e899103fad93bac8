import { describe, expect, it } from 'vitest'
import { parseSyncList } from '../../../lib/sync/index.js'

describe('the hosts of a regsync file', () => {
  const values: Readonly<Record<string, string>> = { USER: 'jane', PASS: 'sesame' }
  const templates = { env: (name: string) => values[name], file: () => undefined }
  const hosts = (creds: string) => parseSyncList(`creds: [{ ${creds} }]\nsync: []\n`, { templates }).hosts

  it('have logins and certificates, also from variables', () => {
    expect(hosts(`registry: r, user: '{{env "USER"}}', pass: '{{env "PASS"}}', regcert: PEM`)).toEqual([
      { registry: 'r', credentials: { username: 'jane', password: 'sesame' }, ca: 'PEM' },
    ])
  })

  it.each([
    ['enabled', 'verified'],
    ['insecure', 'unverified'],
    ['disabled', 'http'],
  ])('are reached with TLS that is %s', (tls, expected) => {
    expect(hosts(`registry: r, tls: ${tls}`)).toEqual([{ registry: 'r', tls: expected }])
  })

  it.each([
    ['user: u, pass: sesame', 'registry'],
    ['registry: r, pass: sesame', 'both user and pass'],
    ['registry: r, user: u, pass: [sesame]', 'pass: it must be a text'],
    ['registry: r, tls: sesame', 'tls'],
    ['registry: r, clientKey: sesame', 'clientKey'],
    ['registry: r, token: sesame', 'token'],
    ['registry: r, pathPrefix: p', 'pathPrefix'],
  ])('are refused without a value of a login: %s', (creds, says) => {
    const error = (() => {
      try {
        return hosts(creds)
      } catch (caught) {
        return caught as Error
      }
    })() as Error
    expect(error).toMatchObject({ code: 'USAGE', message: expect.stringContaining(says) as string })
    if (!creds.includes('tls')) expect(JSON.stringify([error.message, error])).not.toContain('sesame')
  })
})
