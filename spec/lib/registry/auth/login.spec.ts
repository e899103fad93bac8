import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { login, type Login } from '../../../../lib/registry/auth/login.js'
import { pullScope } from '../../../../lib/registry/auth/scope.js'
import { Connections } from '../../../../lib/registry/http/connections.js'
import { Credential } from '../../../../lib/registry/credentials/credential.js'
import { endpointOf } from '../../../../lib/registry/policy/endpoint.js'
import { Secrets } from '../../../../lib/registry/policy/secrets.js'
import { startRegistry, type TestRegistry } from '../../../../lib/testing/registry/index.js'

let server: TestRegistry
let connections: Connections
beforeAll(async () => {
  server = await startRegistry()
  connections = new Connections()
})
afterAll(async () => {
  await connections.close()
  await server.close()
})

const known = Credential.password('user', 'sesame')

/** A login at `realm` as the registry `registry` asks for it. */
function at(realm: string, registry: string, credential: Credential | undefined): Promise<unknown> {
  const request: Login = {
    ...{ realm: new URL(realm), service: 'registry', scope: pullScope('team/app'), credential },
    rules: { endpoint: endpointOf(registry), trusted: new Set() },
    hint: () => 'Log in',
  }
  return login(connections, request, new Secrets(), new AbortController().signal)
}

describe('a login', () => {
  it('sends no credentials in clear, and asks nothing at all where they would have to be', async () => {
    const before = server.requests.length
    await expect(at(`${server.url}/token`, 'registry.example', known)).rejects.toMatchObject({
      code: 'CHALLENGE_INVALID',
      message: expect.stringContaining('sent in clear') as string,
      hint: expect.stringContaining(`--trust-realm ${server.url}`) as string,
    })
    expect(server.requests).toHaveLength(before)
  })

  it.each([undefined, known])(
    'does not follow its token server to where none may be (%#)',
    async (credential) => {
      server.hook(() => ({
        status: 307,
        headers: { location: 'http://169.254.169.254/token' },
        body: Buffer.alloc(0),
      }))
      await expect(at(`${server.url}/token`, server.host, credential)).rejects.toMatchObject({
        code: 'CHALLENGE_INVALID',
        message: expect.stringContaining('link-local') as string,
      })
    },
  )
})
