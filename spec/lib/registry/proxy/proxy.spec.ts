import { createServer, request as httpRequest } from 'node:http'
import { type AddressInfo, type Socket, connect } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { proxyFor } from '../../../../lib/registry/proxy/proxy.js'
import type { Environment } from '../../../../lib/registry/policy/environment.js'
import { Credential, Registries, type RegistriesOptions, onlyFor } from '../../../../lib/registry/index.js'
import {
  type TestRegistry,
  faults,
  startRegistry,
  testCertificate,
} from '../../../../lib/testing/registry/index.js'
import { bytesOf, content, descriptor, manifest, manifestType } from '../../../support/with-registry.js'

const through = (url: string, env: Environment): string | undefined => proxyFor(new URL(url), env)?.host

describe('the selected proxy', () => {
  const env = { HTTPS_PROXY: 'http://secure.proxy:3128', HTTP_PROXY: 'plain.proxy' }

  it('depends on the scheme of the requested URL; its default port is 80', () => {
    expect(through('https://ghcr.io/v2/', env)).toBe('secure.proxy:3128')
    expect(through('http://registry.lan/v2/', env)).toBe('plain.proxy:80')
    expect(through('https://ghcr.io/v2/', { http_proxy: 'x' })).toBeUndefined()
    expect(through('https://ghcr.io/v2/', {})).toBeUndefined()
    expect(through('https://ghcr.io/v2/', { HTTPS_PROXY: ' ' })).toBeUndefined()
    expect(through('https://ghcr.io/v2/', { ...env, https_proxy: 'https://small.proxy' })).toBe(
      'small.proxy:443',
    )
  })

  it.each(['http://127.0.0.1:5000/', 'http://localhost/', 'https://[::1]/', 'http://a.localhost/'])(
    'is undefined for a loopback address: %s',
    (url) => {
      expect(through(url, env)).toBeUndefined()
    },
  )

  it.each([
    ['*', 'https://ghcr.io/', true],
    ['ghcr.io', 'https://ghcr.io/', true],
    ['GHCR.io', 'https://ghcr.io/', true],
    ['ghcr.io', 'https://pkg.ghcr.io/', true],
    ['ghcr.io', 'https://notghcr.io/', false],
    ['.ghcr.io', 'https://pkg.ghcr.io/', true],
    ['.ghcr.io', 'https://ghcr.io/', false],
    ['*.ghcr.io', 'https://pkg.ghcr.io/', true],
    ['a, b ,ghcr.io', 'https://ghcr.io/', true],
    ['a b ghcr.io', 'https://ghcr.io/', true],
    ['ghcr.io:443', 'https://ghcr.io/', true],
    ['ghcr.io:5000', 'https://ghcr.io/', false],
    ['registry.lan:5000', 'http://registry.lan:5000/', true],
    ['10.1.2.3', 'http://10.1.2.3:5000/', true],
    ['10.1.2.3:5000', 'http://10.1.2.3:5000/', true],
    ['10.1.2.3:5001', 'http://10.1.2.3:5000/', false],
    ['10.0.0.0/8', 'http://10.1.2.3:5000/', true],
    ['10.0.0.0/16', 'http://10.1.2.3:5000/', false],
    ['10.0.0.0/99', 'http://10.1.2.3:5000/', false],
    ['fd00::/8', 'http://[fd00::1]:5000/', true],
    ['fd00::1', 'http://[fd00::1]:5000/', true],
    ['2.3', 'http://10.1.2.3/', false],
    ['', 'https://ghcr.io/', false],
  ])('with NO_PROXY=%s, %s is contacted directly: %s', (NO_PROXY, url, exempt) => {
    expect(through(url, { ...env, NO_PROXY }) === undefined).toBe(exempt)
    expect(through(url, { ...env, NO_PROXY: 'nothing', no_proxy: NO_PROXY }) === undefined).toBe(exempt)
  })

  it.each([
    ['socks5://proxy', 'socks', 1080],
    ['socks5h://me:secret@proxy:1', 'socks', 1],
    ['SOCKS5://proxy', 'socks', 1080],
    ['https://proxy', 'https', 443],
    ['proxy:3128', 'http', 3128],
  ])('uses the protocol of its URL: %s', (HTTPS_PROXY, protocol, port) => {
    const proxy = proxyFor(new URL('https://ghcr.io'), { HTTPS_PROXY })
    expect(proxy).toMatchObject({ protocol, port, hostname: 'proxy', variable: 'HTTPS_PROXY' })
  })

  it('may have an IPv6 address, which is in brackets in messages only', () => {
    const proxy = proxyFor(new URL('https://ghcr.io'), { HTTPS_PROXY: 'http://[fd00::1]:3128' })
    expect(proxy).toMatchObject({ hostname: 'fd00::1', port: 3128, host: '[fd00::1]:3128' })
  })

  it('has the login of its URL, decoded if that is possible', () => {
    const login = (url: string) => proxyFor(new URL('https://ghcr.io'), { HTTPS_PROXY: url })?.login()
    expect(login('http://m%40e:s%3A3@proxy')).toEqual({ username: 'm@e', password: 's:3' })
    expect(login('http://me:100%25%zz@proxy')).toEqual({ username: 'me', password: '100%25%zz' })
    expect(login('http://proxy')).toBeUndefined()
  })

  it('does not depend on ALL_PROXY, as in Go', () => {
    expect(through('https://ghcr.io/', { ALL_PROXY: 'socks5://proxy' })).toBeUndefined()
  })

  it.each(['socks4://someone:s3cret@proxy', 'socks5://', 'http://[', 'file:///x', 'http://someone:s3cret@'])(
    'is rejected if its URL is invalid; the error names the variable but no password: %s',
    (HTTPS_PROXY) => {
      let error: unknown
      try {
        proxyFor(new URL('https://ghcr.io'), { HTTPS_PROXY })
      } catch (caught) {
        error = caught
      }
      expect(error).toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining('HTTPS_PROXY') as string,
      })
      expect(inspect(error, { depth: 10 })).not.toContain('s3cret')
    },
  )
})

interface TestProxy {
  readonly url: string
  /** Received requests: `CONNECT host:port` or `GET http://…`, with the login. */
  readonly seen: {
    readonly line: string
    readonly login: string | undefined
    readonly registryLogin: string | undefined
  }[]
  answer: number
  close(): Promise<void>
}

/** Starts a proxy that connects every name to the test registry. */
async function startProxy(registry: TestRegistry): Promise<TestProxy> {
  const port = Number(registry.host.split(':')[1])
  const sockets = new Set<Socket>()
  const seen: TestProxy['seen'] = []
  const server = createServer((incoming, response) => {
    const { method = '', url = '', headers } = incoming
    const { 'proxy-authorization': login, ...rest } = headers
    seen.push({ line: `${method} ${url}`, login, registryLogin: headers.authorization })
    if (proxy.answer !== 200) {
      response.writeHead(proxy.answer).end()
      return
    }
    const { pathname, search } = new URL(url)
    httpRequest(
      { host: '127.0.0.1', port, method, path: pathname + search, headers: rest, agent: false },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(response)
      },
    ).end()
  })
  server.on('connect', ({ url = '', headers }, socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    seen.push({
      line: `CONNECT ${url}`,
      login: headers['proxy-authorization'],
      registryLogin: headers.authorization,
    })
    socket.write(`HTTP/1.1 ${proxy.answer} X\r\n\r\n`)
    if (proxy.answer !== 200) {
      socket.end()
      return
    }
    const onward = connect(port, '127.0.0.1')
    sockets.add(onward)
    onward.on('error', () => undefined)
    socket.pipe(onward).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy: TestProxy = {
    url: `http://pr0xy-user:pr0xy-s3cret@127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    answer: 200,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return proxy
}

const login = `Basic ${Buffer.from('pr0xy-user:pr0xy-s3cret').toString('base64')}`

async function behindProxy(
  secure: boolean,
  client: Partial<RegistriesOptions>,
  body: (parts: {
    registry: TestRegistry
    proxy: TestProxy
    registries: Registries
    digest: string
  }) => Promise<void>,
  auth: Parameters<typeof startRegistry>[0] = {},
): Promise<void> {
  const certificate = testCertificate({ hosts: ['registry.test'] })
  const registry = await startRegistry({ ...(secure && { tls: certificate }), ...auth })
  const proxy = await startProxy(registry)
  const env = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url }
  const registries = new Registries({
    env,
    ca: certificate.cert,
    ...(!secure && { plainHttp: true }),
    ...client,
  })
  try {
    registry.putManifest('team/app', 'latest', manifest, manifestType)
    await body({ registry, proxy, registries, digest: registry.putBlob(content) })
  } finally {
    await registries.close()
    await proxy.close()
    await registry.close()
  }
}

const repository = { registry: 'registry.test:5000', repository: 'team/app' }

describe('a proxy', () => {
  it('receives absolute URLs for plain HTTP, and its login is not forwarded', () =>
    behindProxy(false, {}, async ({ registry, proxy, registries, digest }) => {
      const source = registries.repository(repository)
      expect((await source.manifest('latest')).bytes).toEqual(manifest)
      expect((await bytesOf(await source.blob(descriptor(digest)))).equals(content)).toBe(true)
      expect(proxy.seen).toEqual([
        {
          line: 'GET http://registry.test:5000/v2/team/app/manifests/latest',
          login,
          registryLogin: undefined,
        },
        {
          line: `GET http://registry.test:5000/v2/team/app/blobs/${digest}`,
          login,
          registryLogin: undefined,
        },
      ])
      expect(registry.requests.map(({ headers }) => headers['host'])).toEqual([
        'registry.test:5000',
        'registry.test:5000',
      ])
      expect(JSON.stringify(registry.requests)).not.toContain('s3cret')
    }))

  it('tunnels TLS: the proxy does not see the login of the registry, and the registry not that of the proxy', () => {
    const auth = { kind: 'basic', username: 'me', password: 'r3gistry-s3cret' } as const
    const credentials = onlyFor('registry.test:5000', Credential.password('me', 'r3gistry-s3cret'))
    return behindProxy(
      true,
      { credentials },
      async ({ registry, proxy, registries, digest }) => {
        const source = registries.repository(repository)
        expect((await source.manifest('latest')).bytes).toEqual(manifest)
        expect((await bytesOf(await source.blob(descriptor(digest)))).equals(content)).toBe(true)
        expect(proxy.seen).toEqual([{ line: 'CONNECT registry.test:5000', login, registryLogin: undefined }])
        expect(registry.requests.map(({ headers }) => headers['proxy-authorization'])).toEqual([
          undefined,
          undefined,
        ])
        expect(
          registry.requests.every(({ headers }) => headers['authorization']?.startsWith('Basic ') === true),
        ).toBe(true)
      },
      { auth },
    )
  })

  it.each([407, 403, 502])('that answers %i is named in the error once, without its password', (status) =>
    behindProxy(true, {}, async ({ registry, proxy, registries }) => {
      proxy.answer = status
      const error: unknown = await registries
        .repository(repository)
        .manifest('latest')
        .catch((caught: unknown) => caught)
      expect(error).toMatchObject({
        code: 'NETWORK',
        message: expect.stringContaining(`refuses the connection: it answers HTTP ${status}`) as string,
      })
      expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/s3cret|cHIweHk/)
      expect(proxy.seen).toHaveLength(1)
      expect(registry.requests).toEqual([])
    }),
  )

  it('that requires a login for plain HTTP is named in the error instead of the registry', () =>
    behindProxy(false, {}, async ({ registry, proxy, registries }) => {
      proxy.answer = 407
      const error: unknown = await registries
        .repository(repository)
        .manifest('latest')
        .catch((caught: unknown) => caught)
      expect(error).toMatchObject({
        code: 'NETWORK',
        retryable: false,
        message: expect.stringContaining('refuses the connection: it answers HTTP 407') as string,
        hint: 'It rejects the name or password in HTTP_PROXY.',
      })
      expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/s3cret|cHIweHk/)
      expect(registry.requests).toEqual([])
    }))

  it.each([
    [true, 'http://127.0.0.1:1', 'the proxy 127.0.0.1:1 cannot be reached: it refuses the connection'],
    [false, 'http://127.0.0.1:1', 'the proxy 127.0.0.1:1 cannot be reached: it refuses the connection'],
    [true, 'https://127.0.0.1:1', 'the proxy 127.0.0.1:1 cannot be reached: it refuses the connection'],
    [false, 'http://proxy.invalid', 'the proxy proxy.invalid:80 cannot be reached'],
  ])(
    'that cannot be reached is named in the error instead of the registry (TLS: %s, %s)',
    (secure, url, why) =>
      behindProxy(secure, { env: { HTTPS_PROXY: url, HTTP_PROXY: url } }, async ({ registries }) => {
        await expect(registries.repository(repository).manifest('latest')).rejects.toMatchObject({
          code: 'NETWORK',
          message: expect.stringContaining(why) as string,
          hint: expect.stringContaining(secure ? 'HTTPS_PROXY' : 'HTTP_PROXY') as string,
        })
      }),
  )

  it('that uses TLS is verified like a registry', async () => {
    const certificate = testCertificate({ hosts: ['127.0.0.1'] })
    const proxy = await startRegistry({ tls: certificate })
    proxy.hook(() => ({ status: 200, headers: {}, body: manifest }))
    const env = { HTTP_PROXY: proxy.url, SSL_CERT_FILE: '/nonexistent', SSL_CERT_DIR: '/nonexistent' }
    for (const [ca, expected] of [
      [certificate.cert, undefined],
      [undefined, 'cannot be reached: DEPTH_ZERO_SELF_SIGNED_CERT'],
    ] as const) {
      const registries = new Registries({ env, plainHttp: true, ...(ca !== undefined && { ca }) })
      const asked = registries.repository(repository).manifest('latest')
      if (expected === undefined) expect((await asked).bytes).toEqual(manifest)
      else await expect(asked).rejects.toThrow(expected)
      await registries.close()
    }
    await proxy.close()
  })

  it('does not change the verification of certificates: one for another name is rejected', () =>
    behindProxy(true, {}, async ({ registries, registry }) => {
      const other = registries.repository({ ...repository, registry: 'other.test:5000' })
      await expect(other.manifest('latest')).rejects.toMatchObject({ code: 'TLS' })
      expect(registry.requests).toEqual([])
    }))
})

describe('a registry that is not on this machine', () => {
  it.each([
    'http://127.0.0.1:1/x',
    'http://localhost:1/x',
    'http://[::1]:1/x',
    'http://[::ffff:127.0.0.1]:1/x',
    'http://169.254.169.254/x',
  ])('cannot redirect a blob to %s', (location) =>
    behindProxy(false, {}, async ({ registry, registries, digest }) => {
      registry.addFault(faults.redirect(location))
      await expect(registries.repository(repository).blob(descriptor(digest))).rejects.toMatchObject({
        code: 'REDIRECT_REFUSED',
      })
    }),
  )

  it.each(['http://127.0.0.1:1/token', 'http://localhost:1/token'])(
    'cannot name the token server %s',
    (realm) =>
      behindProxy(false, {}, async ({ registry, registries }) => {
        registry.addFault(
          faults.status(401, { kind: 'manifest' }, { 'www-authenticate': `Bearer realm="${realm}"` }),
        )
        await expect(registries.repository(repository).manifest('latest')).rejects.toMatchObject({
          code: 'CHALLENGE_INVALID',
        })
      }),
  )
})
