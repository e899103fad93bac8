/** What goes wrong behind a proxy that passes plain HTTP on: it or the registry may be at fault. */
import { getEventListeners } from 'node:events'
import { type AddressInfo, type Socket, createServer } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Connections } from '../../lib/registry/http/connections.js'
import { Registries } from '../../lib/registry/index.js'
import { problem, startRegistry } from '../../lib/testing/registry/index.js'
import { startSocks } from '../support/socks-server.js'

const repository = { registry: 'registry.test:5000', repository: 'team/app' }

describe('a proxy', () => {
  it.each<[string, (socket: Socket) => void, object, string]>([
    ['hangs up', (socket) => socket.destroy(), { code: 'NETWORK' }, 'the connection was closed'],
    ['is silent', () => undefined, { code: 'STALLED' }, 'no response within 0.3 seconds'],
    [
      'sends an invalid header',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nno header\r\n\r\n'),
      { code: 'REGISTRY_RESPONSE' },
      'the response is not valid HTTP',
    ],
    [
      'cuts a body short',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{'),
      { code: 'NETWORK' },
      'the connection was closed after 1 B',
    ],
    [
      'stalls in a body',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{'),
      { code: 'STALLED' },
      'less than 6 B arrived for 0.3 seconds, after 1 B',
    ],
    [
      'speaks another protocol',
      (socket) => socket.write('HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
      { code: 'REGISTRY_RESPONSE' },
      'another protocol than HTTP',
    ],
    [
      'answers 502',
      (socket) => socket.end('HTTP/1.1 502 X\r\nVia: 1.1 squid\r\nContent-Length: 0\r\n\r\n'),
      { code: 'REGISTRY_UNAVAILABLE' },
      'HTTP 502 (Bad Gateway)',
    ],
    [
      'answers 403, as Squid does',
      (socket) =>
        socket.end('HTTP/1.1 403 X\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\nContent-Length: 0\r\n\r\n'),
      { code: 'DENIED' },
      'denied anonymous access to "team/app:latest"',
    ],
  ])('that %s on plain HTTP is named as standing between', async (_, answer, expected, why) => {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined))
      socket.once('data', () => answer(socket))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const registries = new Registries({
      env: { HTTP_PROXY: `http://me:s3cret@${host}` },
      plainHttp: true,
      timeouts: { response: 300, stall: 300 },
    })
    const error: unknown = await registries
      .repository(repository)
      .manifest('latest')
      .catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      ...expected,
      message: expect.stringContaining(
        `${'code' in expected && expected.code === 'DENIED' ? '' : 'from '}registry.test:5000 through the proxy ${host}`,
      ) as string,
      hint: expect.stringContaining(
        `Also check the proxy ${host}, which HTTP_PROXY names. Hosts that NO_PROXY lists are contacted directly.`,
      ) as string,
    })
    expect((error as Error).message).toContain(why)
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('s3cret')
    await registries.close()
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  it('that requires a login is left: its connection is closed, and nothing waits for a cancellation', async () => {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined))
      socket.once('close', () => sockets.delete(socket))
      socket.once('data', () => socket.write('HTTP/1.1 407 X\r\nContent-Length: 99\r\n\r\n{'))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const connections = new Connections({ env: { HTTP_PROXY: `http://127.0.0.1:${port}` } })
    const { signal } = new AbortController()
    const sent = connections.send({ purpose: 'look', url: new URL('http://registry.test/'), signal })
    await expect(sent).rejects.toMatchObject({
      code: 'NETWORK',
      retryable: false,
      hint: expect.stringContaining('It requires a login. Put one into HTTP_PROXY') as string,
    })
    expect(getEventListeners(signal, 'abort')).toEqual([])
    await expect.poll(() => sockets.size).toBe(0)
    await connections.close()
    server.close()
  })
})

describe('a registry behind a tunnel', () => {
  it('that answers 407 is reported itself: the proxy cannot have answered', async () => {
    await using registry = await startRegistry()
    registry.hook(() => problem(407, 'LOGIN', 'of a proxy in front of the registry'))
    const socks = await startSocks({ to: Number(registry.url.replace(/^.*:/, '')) })
    const registries = new Registries({
      env: { HTTP_PROXY: `socks5://127.0.0.1:${socks.port}` },
      plainHttp: true,
    })
    await expect(registries.repository(repository).manifest('latest')).rejects.toMatchObject({
      code: 'REGISTRY_RESPONSE',
      subject: { status: 407 },
      message: expect.stringContaining('of a proxy in front of the registry') as string,
    })
    await registries.close()
    await socks.close()
  })
})
