import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
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
  it('is not used again once it has expired', async () => {
    const tokens = new Tokens(connections, new Secrets())
    const first = await tokens.get(request())
    const now = performance.now()
    const clock = vi.spyOn(performance, 'now').mockReturnValue(now + 30_000)
    onTestFinished(() => clock.mockRestore())
    expect(await tokens.get(request())).toBe(first)
    clock.mockReturnValue(now + 61_000)
    expect(await tokens.get(request())).not.toBe(first)
  })

  it('is requested once by all who need it at the same time', async () => {
    const tokens = new Tokens(connections, new Secrets())
    const before = server.requests.length
    const all = await Promise.all([tokens.get(request()), tokens.get(request())])
    expect(new Set(all).size).toBe(1)
    expect(server.requests).toHaveLength(before + 1)
  })

  it('is requested anew after a failure', async () => {
    const tokens = new Tokens(connections, new Secrets())
    const broken = request({ realm: new URL('http://127.0.0.1:9/token') })
    for (let attempt = 0; attempt < 2; attempt++) await expect(tokens.get(broken)).rejects.toThrow()
    expect(await tokens.get(request())).toBeTypeOf('string')
  })
})
