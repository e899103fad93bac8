import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { requestToken, type TokenRequest } from '../../../../lib/registry/auth/login.js'
import { pullScope } from '../../../../lib/registry/auth/scope.js'
import { Connections } from '../../../../lib/registry/http/connections.js'
import { Credential } from '../../../../lib/registry/credentials/credential.js'
import { accessHelp } from '../../../../lib/registry/policy/access-help.js'
import { endpointOf } from '../../../../lib/registry/policy/endpoint.js'
import { Secrets } from '../../../../lib/registry/policy/secrets.js'
import { startRegistry, type TestRegistry } from '../../../../lib/testing/registry/index.js'

let server: TestRegistry
let connections: Connections
beforeAll(async () => {
  server = await startRegistry()
  connections = new Connections()
})
afterEach(() => server.clearFaults())
afterAll(async () => {
  await connections.close()
  await server.close()
})

const known = Credential.password('user', 'sesame')

/** Requests a token at `realm` for the registry `registry`. */
function at(
  realm: string,
  registry: string,
  credential: Credential | undefined,
  secrets = new Secrets(),
  scope = pullScope('team/app'),
): Promise<unknown> {
  const request: TokenRequest = {
    ...{ realm: new URL(realm), service: 'registry', scope, credential },
    rules: { endpoint: endpointOf(registry), trusted: new Set() },
    help: () => accessHelp({ registry, repository: 'team/app' }, credential === undefined ? 'none' : 'sent'),
  }
  return requestToken(connections, request, secrets, new AbortController().signal)
}

describe('a token request', () => {
  it('by GET has a parameter for each scope', async () => {
    const scopes: string[][] = []
    server.hook(({ url }) => {
      scopes.push(new URL(url, server.url).searchParams.getAll('scope'))
      return { status: 200, headers: {}, body: Buffer.from('{"token":"t"}') }
    })
    const [app, base] = [pullScope('team/app'), pullScope('team/base')]
    await at(`${server.url}/token`, server.host, known, undefined, `${app}  ${base} `)
    expect(scopes).toEqual([[app, base]])
  })

  it('sends no credentials over plain HTTP, and is not sent if it would need them', async () => {
    const before = server.requests.length
    await expect(at(`${server.url}/token`, 'registry.example', known)).rejects.toMatchObject({
      code: 'CHALLENGE_INVALID',
      message: `registry.example asks to send the login for registry.example to ${server.url} without encryption`,
      hint: expect.stringContaining(`--trust-realm ${server.url}`) as string,
    })
    expect(server.requests).toHaveLength(before)
  })

  it.each([undefined, known])(
    'does not follow a redirect to a forbidden address (%#)',
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

  it.each([
    [undefined, 401, 'requires a login for "team/app"'],
    [undefined, 403, 'denied anonymous access to "team/app"'],
    [known, 401, 'rejected the login for "team/app"'],
  ])('that is refused names the token server and the registry: %j, %d', async (credential, status, what) => {
    server.hook(() => ({ status, headers: {}, body: Buffer.alloc(0) }))
    await expect(at(`${server.url}/token`, server.host, credential)).rejects.toMatchObject({
      message: `${server.host} ${what}`,
      subject: { status, host: server.host },
    })
  })

  it.each([
    [{ status: 500, body: '' }, 'HTTP 500 (Internal Server Error)'],
    [{ status: 200, body: '{}' }, `the response of HOST contains no usable token`],
    [{ status: 200, body: '<!DOCTYPE html><title>Log in</title>' }, 'it answered with a web page'],
  ])('whose response has no token reports why: %j', async ({ status, body }, why) => {
    server.hook(() => ({ status, headers: {}, body: Buffer.from(body) }))
    const failed = expect(at(`${server.url}/token`, server.host, undefined)).rejects
    await failed.toThrow(why.replace('HOST', server.host))
    const again = expect(at(`${server.url}/token`, server.host, undefined)).rejects
    await again.toThrow(`Failed to get a token for ${server.host}`)
  })

  it('reports that the token server accepts no identity tokens', async () => {
    server.hook(() => ({ status: 404, headers: {}, body: Buffer.alloc(0) }))
    const identity = Credential.identity('refresh-me')
    await expect(at(`${server.url}/token`, server.host, identity)).rejects.toMatchObject({
      message: `Failed to log in to ${server.host}: its token server ${server.host} accepts no identity tokens (HTTP 404)`,
      hint: `The credentials for ${server.host} contain only an identity token. Log in again with a user name and a password.`,
    })
  })
  const response = (status: number, body: object) => ({
    ...{ status, headers: {} },
    body: Buffer.from(JSON.stringify(body)),
  })

  it.each([400, 401, 404, 405, 501])(
    'sends the password by GET where an identity token by POST is answered with %d',
    async (status) => {
      const sent: unknown[] = []
      server.hook(({ method, headers }) => {
        sent.push([method, headers['authorization']])
        return method === 'POST' ? response(status, {}) : response(200, { token: 'bearer' })
      })
      const both = Credential.of({ username: 'user', password: 'sesame', identityToken: 'refresh-me' })
      expect(await at(`${server.url}/token`, server.host, both)).toMatchObject({ value: 'bearer' })
      expect(sent).toEqual([
        ['POST', undefined],
        ['GET', known.basic()],
      ])
    },
  )

  it.each([403, 500])(
    'is not repeated with the password where the server answers with %d',
    async (status) => {
      server.hook(() => response(status, {}))
      const before = server.requests.length
      const both = Credential.of({ username: 'user', password: 'sesame', identityToken: 'refresh-me' })
      await expect(at(`${server.url}/token`, server.host, both)).rejects.toMatchObject({
        subject: { status },
      })
      expect(server.requests.slice(before).map(({ method }) => method)).toEqual(['POST'])
    },
  )

  it.each([404, 405, 501])(
    'sends an identity token by GET where POST is answered with %d',
    async (status) => {
      const sent: unknown[] = []
      server.hook(({ method, headers }) => {
        sent.push([method, headers['authorization']])
        return method === 'POST' ? response(status, {}) : response(200, { token: 'bearer' })
      })
      const token = await at(`${server.url}/token`, server.host, Credential.identity('refresh-me', 'user'))
      expect(token).toMatchObject({ value: 'bearer' })
      const basic = `Basic ${Buffer.from('user:refresh-me').toString('base64')}`
      expect(sent).toEqual([
        ['POST', undefined],
        ['GET', basic],
      ])
    },
  )

  it('asks for an identity token and passes it on only for a credential that wants one', async () => {
    const issued: string[] = []
    const targets: string[] = []
    server.hook(({ url }) => {
      targets.push(url)
      return response(200, { token: 'bearer', refresh_token: 'refresh-me' })
    })
    const wanting = Credential.of({
      ...{ username: 'user', password: 'sesame', onIdentityToken: (token) => issued.push(token) },
    })
    for (const credential of [known, wanting]) await at(`${server.url}/token`, server.host, credential)
    expect(issued).toEqual(['refresh-me'])
    expect(targets.map((target) => /offline_token=true&client_id=windlass/.test(target))).toEqual([
      false,
      true,
    ])
  })
  it('keeps the tokens that it receives out of later messages', async () => {
    server.hook(() => response(200, { token: 'issued-bearer', refresh_token: 'issued-identity' }))
    const wanting = Credential.of({ username: 'user', password: 'sesame', onIdentityToken: () => undefined })
    const secrets = new Secrets()
    await at(`${server.url}/token`, server.host, wanting, secrets)
    expect(secrets.conceal('no issued-bearer of issued-identity')).toBe('no *** of ***')
  })
})
