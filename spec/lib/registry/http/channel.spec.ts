/** What is sent to a host with certificates, headers or timeouts of its own, and what must not reach other hosts. */
import { writeFile } from 'node:fs/promises'
import {
  createServer as createHttp,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
} from 'node:http'
import { createServer as createHttps } from 'node:https'
import { createServer as createTcp, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { withoutHeaders } from '../../../../lib/registry/http/channel.js'
import { type ConnectionOptions, Connections } from '../../../../lib/registry/http/connections.js'
import { discard } from '../../../../lib/registry/http/discard.js'
import { followRedirects } from '../../../../lib/registry/http/redirects.js'
import type { RegistryHost } from '../../../../lib/registry/hosts/registry-hosts.js'
import { Credential, Registries, onlyFor } from '../../../../lib/registry/index.js'
import { type TestCertificate, testCertificate } from '../../../../lib/testing/registry/index.js'
import { certificate, key } from '../../../support/certificate.js'
import { failure } from '../../../support/failure.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'
import { manifest, manifestType } from '../../../support/with-registry.js'

const directory = temporaryDirectory()
const own = testCertificate()
/** Has another subject name: OpenSSL uses the first authority with the right one. */
const other = { cert: certificate, key }
const identity = testCertificate()
const client = [{ certificate: identity.cert, key: identity.key }]
/** No certificates of the system, and no proxies. */
const env = { SSL_CERT_FILE: '/nowhere', SSL_CERT_DIR: '/nowhere' }

/** The socket of a request over TLS. */
type PeerSocket = Socket & Pick<TLSSocket, 'getPeerCertificate'>

interface Received {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** Fingerprint of the client certificate. */
  readonly identity: string | undefined
}

/** A server that records what it receives, and redirects to `location` if that is given. */
async function server({ tls, location }: { tls?: TestCertificate; location?: () => string } = {}) {
  const received: Received[] = []
  const listener: RequestListener = (request, response) => {
    const { url = '', headers, socket } = request
    const { fingerprint256 } = tls
      ? (socket as PeerSocket).getPeerCertificate()
      : { fingerprint256: undefined }
    received.push({ url, headers, identity: fingerprint256 })
    if (location) response.writeHead(307, { location: location() })
    response.end('{}')
  }
  const started = tls
    ? createHttps({ ...tls, requestCert: true, rejectUnauthorized: false }, listener)
    : createHttp(listener)
  const host = await listening(started)
  return { url: `${tls ? 'https' : 'http'}://${host}/v2/`, host, received }
}

async function listening(started: Server | TcpServer): Promise<string> {
  started.listen(0, '127.0.0.1')
  await new Promise((resolve) => started.once('listening', resolve))
  const sockets = new Set<Socket>()
  started.on('connection', (socket: Socket) => sockets.add(socket))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => started.close(resolve))
  })
  return `127.0.0.1:${(started.address() as AddressInfo).port}`
}

function connectionsWith(options: ConnectionOptions = {}): Connections {
  const connections = new Connections({ env, ...options })
  onTestFinished(() => connections.close())
  return connections
}

/** Sends a request, follows redirects, and returns the status. */
async function ask(
  connections: Connections,
  url: string,
  channel?: ReturnType<Connections['channel']>,
): Promise<number> {
  const response = await followRedirects(connections, { purpose: 'test', url: new URL(url), channel })
  discard(response)
  return response.status
}

const untrusted = { code: 'TLS' }

describe('the certificates of a channel', () => {
  it('are trusted for its host only', async () => {
    const [host, elsewhere] = [await server({ tls: own }), await server({ tls: other })]
    const connections = connectionsWith()
    const channel = connections.channel({ trust: { ca: own.cert } })
    expect(await ask(connections, host.url, channel)).toBe(200)
    expect(await failure(ask(connections, host.url))).toMatchObject(untrusted)
    expect(await failure(ask(connections, elsewhere.url, channel))).toMatchObject(untrusted)
  })

  it('are not trusted after a redirect to another origin', async () => {
    const next = await server({ tls: own })
    const host = await server({ tls: own, location: () => next.url })
    const connections = connectionsWith()
    const channel = connections.channel({ trust: { ca: own.cert } })
    expect(await failure(ask(connections, host.url, channel))).toMatchObject(untrusted)
    expect([host.received.length, next.received.length]).toEqual([1, 0])
  })

  it('are trusted besides those of all hosts', async () => {
    const [host, elsewhere] = [await server({ tls: own }), await server({ tls: other })]
    const connections = connectionsWith({ ca: other.cert })
    const channel = connections.channel({ trust: { ca: own.cert } })
    expect(await ask(connections, host.url, channel)).toBe(200)
    expect(await ask(connections, elsewhere.url, channel)).toBe(200)
    const unchecked = connections.channel({ trust: { insecureTls: true } })
    expect(await ask(connections, host.url, unchecked)).toBe(200)
    expect(await failure(ask(connections, host.url))).toMatchObject(untrusted)
    const checked = connectionsWith({ insecureTls: true })
    expect(await ask(checked, host.url, checked.channel({ trust: {} }))).toBe(200)
    expect(
      await failure(ask(checked, host.url, checked.channel({ trust: { insecureTls: false } }))),
    ).toMatchObject(untrusted)
  })

  it('are trusted besides those of the system, which the environment names', async () => {
    const host = await server({ tls: own })
    const file = join(directory, 'ca.pem')
    await writeFile(file, own.cert)
    const connections = connectionsWith({ env: { ...env, SSL_CERT_FILE: file } })
    expect(await ask(connections, host.url, connections.channel({ trust: { client } }))).toBe(200)
  })

  it('are a USAGE error if there are none', () => {
    expect(() => connectionsWith().channel({ trust: { ca: 'x' } })).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    )
  })
})

describe('the client certificate of a channel', () => {
  it('is presented to its host, not to others, and not after a redirect to another origin', async () => {
    const next = await server({ tls: own })
    const host = await server({ tls: own, location: () => next.url })
    const connections = connectionsWith({ ca: own.cert })
    const channel = connections.channel({ trust: { client } })
    expect(await ask(connections, host.url, channel)).toBe(200)
    expect(host.received.map((each) => each.identity)).toEqual([expect.stringMatching(/^[\dA-F:]{95}$/)])
    expect(next.received).toMatchObject([{ identity: undefined }])
    await ask(connections, host.url)
    expect(host.received[1]).toMatchObject({ identity: undefined })
  })

  it('is presented although the certificate of the host is not verified', async () => {
    const host = await server({ tls: own })
    const connections = connectionsWith()
    await ask(connections, host.url, connections.channel({ trust: { client, insecureTls: true } }))
    expect(host.received.map((each) => each.identity)).toEqual([expect.stringMatching(/^[\dA-F:]{95}$/)])
  })
})

describe('the headers of a channel', () => {
  const headers = { 'x-api-key': 'secret', accept: 'text/x' }

  it('are sent to its host, except those that a request has itself, and not after a redirect to another origin', async () => {
    const next = await server()
    const host = await server({ location: () => next.url })
    const connections = connectionsWith()
    const channel = connections.channel({ headers })
    const url = new URL(host.url)
    discard(await followRedirects(connections, { purpose: 'test', url, channel, headers: { accept: 'a/b' } }))
    expect(host.received[0]!.headers).toMatchObject({ 'x-api-key': 'secret', accept: 'a/b' })
    expect(next.received[0]!.headers).toMatchObject({ accept: 'a/b' })
    expect(next.received[0]!.headers).not.toHaveProperty('x-api-key')
  })

  it('are not sent after a detour by another origin, but are after a redirect within the host', async () => {
    let hops = 0
    const next = await server({ location: () => `${host.url}b` })
    const host = await server({ location: () => [`${next.url}a`, '/v2/c', '/v2/d'][hops++] ?? '' })
    const connections = connectionsWith({ limits: { redirects: 3 } })
    await failure(ask(connections, host.url, connections.channel({ headers })))
    expect(next.received.map((each) => each.headers['x-api-key'])).toEqual([undefined])
    expect(host.received.map(({ url }) => url)).toEqual(['/v2/', '/v2/b', '/v2/c'])
  })

  it('can be removed, which leaves the rest', () => {
    const channel = connectionsWith().channel({ headers, trust: { client }, timeouts: { stall: 5 } })
    expect(withoutHeaders(channel)).toEqual({ ...channel, headers: {} })
  })

  it('are sent to a token server of the same origin, and not to one of another origin', async () => {
    const seen: (string | string[] | undefined)[] = []
    const tokens = createHttp((request, response) => {
      seen.push(request.headers['x-api-key'])
      response.setHeader('content-type', 'application/json').end('{"token":"abcdef"}')
    })
    const tokenHost = await listening(tokens)
    let realm = `http://${tokenHost}/token`
    const registry = createHttp((request, response) => {
      if (request.url?.startsWith('/token') === true) {
        seen.push(`own ${String(request.headers['x-api-key'])}`)
        response.setHeader('content-type', 'application/json').end('{"token":"abcdef"}')
      } else if (request.headers.authorization === 'Bearer abcdef') {
        response.setHeader('content-type', manifestType).end(manifest)
      } else {
        response.setHeader(
          'www-authenticate',
          `Bearer realm="${realm}",service="s",scope="repository:a:pull"`,
        )
        response.writeHead(401).end()
      }
    })
    const host: RegistryHost = { host: await listening(registry), repository: 'a', headers, scheme: 'http' }
    for (const each of [realm, `http://${host.host}/token`]) {
      realm = each
      const registries = new Registries({
        ...{
          env,
          credentials: onlyFor(host.host, Credential.password('u', 'p')),
          trustedRealms: [`http://${tokenHost}`],
        },
      })
      onTestFinished(() => registries.close())
      await registries.repositoryAt(host).manifest('latest')
    }
    expect(seen).toEqual([undefined, 'own secret'])
  })
})

describe('the timeouts of a channel', () => {
  const silent = () => listening(createTcp((socket) => socket.on('error', () => undefined)))
  const elapsed = async (work: () => Promise<unknown>): Promise<number> => {
    const start = performance.now()
    await work()
    return performance.now() - start
  }

  it('limit the wait for a response, which does not grow at a second attempt', async () => {
    const connections = connectionsWith()
    const url = `http://${await silent()}/`
    const channel = connections.channel({ timeouts: { response: 150 } })
    for (let attempt = 0; attempt < 3; attempt++)
      expect(
        await elapsed(async () =>
          expect(await failure(ask(connections, url, channel))).toMatchObject({ code: 'STALLED' }),
        ),
      ).toBeLessThan(1_500)
  })

  it('limit the TLS handshake', async () => {
    const connections = connectionsWith()
    const url = `https://${await silent()}/`
    for (const trust of [{}, undefined]) {
      const channel = connections.channel({ ...(trust && { trust }), timeouts: { secureConnect: 150 } })
      expect(
        await elapsed(async () =>
          expect(await failure(ask(connections, url, channel))).toMatchObject({ retryable: true }),
        ),
      ).toBeLessThan(1_500)
    }
  })

  it('limit the connection through a proxy', async () => {
    const connections = connectionsWith({ env: { ...env, HTTPS_PROXY: `http://${await silent()}` } })
    const channel = connections.channel({ trust: {}, timeouts: { connect: 150 } })
    expect(
      await elapsed(async () =>
        expect(await failure(ask(connections, 'https://registry.test/', channel))).toMatchObject({
          message: expect.stringContaining('it does not respond') as string,
        }),
      ),
    ).toBeLessThan(1_500)
  })

  it('limit the time without bytes in the body', async () => {
    const host = await listening(
      createHttp((_, response) => void response.writeHead(200, { 'content-length': '10' }).write('{')),
    )
    const connections = connectionsWith()
    const channel = connections.channel({ timeouts: { stall: 150 } })
    const { body } = await connections.send({ purpose: 'test', url: new URL(`http://${host}/`), channel })
    expect(
      await elapsed(async () => expect(await failure(body.toArray())).toMatchObject({ code: 'STALLED' })),
    ).toBeLessThan(1_500)
  })
})

describe('a proxy', () => {
  it('is verified with the certificates of all hosts, and not shown the client certificate of a channel', async () => {
    let proxied = 0
    const identities: (string | undefined)[] = []
    const proxy = createHttps(
      { ...other, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        proxied++
        identities.push((request.socket as PeerSocket).getPeerCertificate().fingerprint256)
        response.end('{}')
      },
    )
    const address = await listening(proxy)
    const proxyEnv = { ...env, HTTP_PROXY: `https://${address}` }
    const url = 'http://example.invalid/v2/'
    const trusting = connectionsWith({ ca: other.cert, env: proxyEnv })
    expect(await ask(trusting, url, trusting.channel({ trust: { ca: own.cert, client } }))).toBe(200)
    expect([proxied, identities]).toEqual([1, [undefined]])
    // A certificate for the host does not vouch for the proxy, nor does a host that is not verified.
    const strict = connectionsWith({ env: proxyEnv })
    for (const trust of [{ ca: other.cert }, { insecureTls: true }])
      await failure(ask(strict, url, strict.channel({ trust })))
    expect(proxied).toBe(1)
  })
})

describe('the channels of connections', () => {
  it('are closed with them', async () => {
    const host = await server({ tls: own })
    const connections = connectionsWith()
    const channel = connections.channel({ trust: { ca: own.cert } })
    await ask(connections, host.url, channel)
    await connections.close()
    expect(await failure(ask(connections, host.url, channel))).toMatchObject({ code: 'CANCELLED' })
  })

  it('are closed with them while a proxy opens a tunnel', async () => {
    const sockets = new Set<Socket>()
    const proxy = createTcp((socket) => {
      sockets.add(socket.on('error', () => undefined))
      socket.resume().once('close', () => sockets.delete(socket))
    })
    const connections = connectionsWith({ env: { ...env, HTTPS_PROXY: `http://${await listening(proxy)}` } })
    const asked = failure(ask(connections, 'https://registry.test/', connections.channel({ trust: {} })))
    await expect.poll(() => sockets.size).toBe(1)
    await connections.close()
    expect(await asked).toMatchObject({ code: 'CANCELLED' })
    await expect.poll(() => sockets.size).toBe(0)
  })
})
