import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TokenRequest } from '../../../../lib/registry/auth/login.js'
import { pullScope } from '../../../../lib/registry/auth/scope.js'
import { Tokens } from '../../../../lib/registry/auth/tokens.js'
import { Credential } from '../../../../lib/registry/credentials/credential.js'
import { Connections } from '../../../../lib/registry/http/connections.js'
import { accessHelp } from '../../../../lib/registry/policy/access-help.js'
import { endpointOf } from '../../../../lib/registry/policy/endpoint.js'
import { Secrets } from '../../../../lib/registry/policy/secrets.js'
import { startRegistry, type TestRegistry } from '../../../../lib/testing/registry/index.js'

let server: TestRegistry
let connections: Connections
beforeAll(async () => {
  server = await startRegistry()
  server.hook(({ url }) => ({
    status: 200,
    headers: {},
    body: Buffer.from(JSON.stringify({ token: `${url.length}-${server.requests.length}` })),
  }))
  connections = new Connections()
})
afterAll(async () => {
  await connections.close()
  await server.close()
})

const request = (change: Partial<TokenRequest> = {}): TokenRequest => ({
  ...{ realm: new URL(`${server.url}/token`), service: 'one', scope: pullScope('team/app') },
  credential: Credential.password('user', 'sesame'),
  rules: { endpoint: endpointOf(server.host), trusted: new Set() },
  help: () => accessHelp({ registry: server.host, repository: 'team/app' }, 'sent'),
  ...change,
})

describe('a token', () => {
  it('is used again for the same request', async () => {
    const tokens = new Tokens(connections, new Secrets())
    expect(await tokens.get(request())).toBe(await tokens.get(request()))
  })

  it.each<[string, () => Partial<TokenRequest>]>([
    ['token server', () => ({ realm: new URL(`${server.url}/token/other`) })],
    ['service', () => ({ service: 'other' })],
    ['registry that names no service', () => ({ service: undefined })],
    ['scope', () => ({ scope: pullScope('team/other') })],
    ['password', () => ({ credential: Credential.password('user', 'other') })],
    ['user without a login', () => ({ credential: undefined })],
  ])('is not used for another %s', async (_, change) => {
    const tokens = new Tokens(connections, new Secrets())
    expect(await tokens.get(request(change()))).not.toBe(await tokens.get(request()))
  })

  it('that was rejected is not used again, unless it has been replaced', async () => {
    const tokens = new Tokens(connections, new Secrets())
    const rejected = await tokens.get(request())
    tokens.forget(request(), 'another')
    expect(await tokens.get(request())).toBe(rejected)
    tokens.forget(request(), rejected)
    expect(await tokens.get(request())).not.toBe(rejected)
  })
})
