/** Which requests share connections, how many there are, and by whose certificates a proxy is verified. */
import { get as getHttp } from 'node:http'
import { createServer as createHttps, get as getHttps } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { AgentPool } from '../../../../lib/registry/http/agent-pool.js'
import { Trust, type TrustOptions } from '../../../../lib/registry/policy/trust.js'
import { Proxy } from '../../../../lib/registry/proxy/proxy.js'
import { startRegistry } from '../../../../lib/testing/registry/index.js'
import { certificate, key } from '../../../support/certificate.js'

const timeouts = { connect: 10_000, secureConnect: 10_000 }
const trusting = (options: TrustOptions = {}): Trust =>
  new Trust({ env: { SSL_CERT_FILE: '/nowhere', SSL_CERT_DIR: '/nowhere' }, ...options })
const proxyAt = (url: string): Proxy => new Proxy(new URL(url), 'HTTPS_PROXY')

function poolOf(maxSockets = 4, trust = trusting(), proxyTrust?: Trust): AgentPool {
  const pool = new AgentPool(trust, maxSockets, timeouts, proxyTrust)
  onTestFinished(() => pool.destroy())
  return pool
}

/** A server with TLS, and the sockets and requests for tunnels that reached it. */
async function tlsServer() {
  const sockets = new Set<Socket>()
  const tunnels: string[] = []
  const server = createHttps({ cert: certificate, key }, (_, response) => void response.end('{}'))
  server.on('secureConnection', (socket: Socket) => {
    sockets.add(socket.on('error', () => undefined))
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('connect', ({ url = '' }: { url?: string }, socket: Socket) => {
    tunnels.push(url)
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, sockets, tunnels }
}

describe('agents', () => {
  it('are shared by the requests with the same proxy, and by no others', () => {
    const pool = poolOf()
    const routes = [undefined, ...['http://p.test:1', 'https://p.test:1', 'http://p.test:2'].map(proxyAt)]
    const kept = routes.map((proxy) => pool.keepAliveAgents(proxy))
    const fresh = routes.map((proxy) => pool.freshAgents(proxy))
    expect(new Set([...kept, ...fresh].map(({ http }) => http)).size).toBe(8)
    expect(routes.map((proxy) => pool.keepAliveAgents(proxy))).toEqual(kept)
    expect(pool.keepAliveAgents(proxyAt('http://p.test:1')).https).toBe(kept[1]!.https)
  })

  it('open no more connections to a host than allowed: further requests wait', async () => {
    const registry = await startRegistry()
    onTestFinished(() => registry.close())
    const { http } = poolOf(2).keepAliveAgents(undefined)
    const statuses = Array.from(
      { length: 5 },
      () =>
        new Promise((resolve, reject) => {
          getHttp(`${registry.url}/v2/`, { agent: http }, (response) => {
            response.resume().once('end', () => resolve(response.statusCode))
          }).once('error', reject)
        }),
    )
    expect(await Promise.all(statuses)).toEqual([200, 200, 200, 200, 200])
    expect(registry.connections).toBe(2)
  })

  it('for TLS close their connections at the end, as the others do', async () => {
    const { host, sockets } = await tlsServer()
    const pool = poolOf(4, trusting({ ca: certificate }))
    const agent = pool.keepAliveAgents(undefined).https
    await new Promise((resolve, reject) => {
      getHttps(`https://${host}/`, { agent }, (response) => response.resume().once('end', resolve)).once(
        'error',
        reject,
      )
    })
    expect(sockets.size).toBe(1)
    pool.destroy()
    await expect.poll(() => sockets.size).toBe(0)
  })
})

describe('a proxy with TLS that tunnels', () => {
  it.each([
    ['is not verified by the certificates of the host', { ca: certificate }, {}, 0],
    ['is verified although the host is not', { insecureTls: true }, {}, 0],
    ['is verified by its own certificates', {}, { ca: certificate }, 1],
  ])('%s', async (_, host: TrustOptions, proxy: TrustOptions, tunnels) => {
    const server = await tlsServer()
    const pool = poolOf(4, trusting(host), trusting(proxy))
    const agent = pool.keepAliveAgents(proxyAt(`https://${server.host}`)).https
    const failed = new Promise((resolve) =>
      getHttps('https://registry.test/v2/', { agent }).once('error', resolve),
    )
    expect(await failed).toBeInstanceOf(Error)
    expect(server.tunnels).toEqual(tunnels === 0 ? [] : ['registry.test:443'])
  })
})
