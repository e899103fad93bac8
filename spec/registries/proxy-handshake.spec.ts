/** Proxies that let a client through, to nothing that speaks TLS. */
import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Registries } from '../../lib/registry/index.js'
import { startSocks } from '../support/socks-server.js'

/** A server that does `serve` with each connection; it ends with the test. */
async function listening(serve: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    serve(socket)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { server, port: (server.address() as AddressInfo).port }
}

type Ending = 'silent' | 'hangs up'

/** Its URL, as HTTPS_PROXY has it. */
const proxies: readonly (readonly [string, (ending: Ending) => Promise<string>])[] = [
  [
    'HTTP',
    async (ending) => {
      const { port } = await listening((socket) =>
        socket.once('data', () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n')
          // The client's hello.
          if (ending === 'hangs up') socket.once('data', () => socket.destroy())
        }),
      )
      return `http://me:s3cret@127.0.0.1:${port}`
    },
  ],
  [
    'SOCKS',
    async (ending) => {
      const behind = await listening((socket) => {
        if (ending === 'hangs up') socket.once('data', () => socket.destroy())
      })
      const socks = await startSocks({ to: behind.port })
      onTestFinished(() => socks.close())
      return `socks5://127.0.0.1:${socks.port}`
    },
  ],
]

describe.each(proxies)('a %s proxy that lets through', (_, start) => {
  it.each([
    ['silent', 'the TLS handshake did not complete within 0.3 seconds'],
    ['hangs up', 'it was closed during the TLS handshake'],
  ] as const)(
    'and then is silent or hangs up is named, no later than a TLS handshake may take: %s',
    async (ending, why) => {
      const url = await start(ending)
      const registries = new Registries({ env: { HTTPS_PROXY: url }, timeouts: { secureConnect: 300 } })
      const began = performance.now()
      const asked = registries.repository({ registry: 'registry.test', repository: 'a' }).manifest('latest')
      await expect(asked).rejects.toMatchObject({
        code: 'NETWORK',
        retryable: true,
        message: expect.stringContaining(
          `the connection through the proxy 127.0.0.1:${new URL(url).port} failed: ${why}`,
        ) as string,
        hint: expect.stringContaining('HTTPS_PROXY') as string,
      })
      await expect(asked).rejects.not.toThrow('s3cret')
      expect(performance.now() - began).toBeLessThan(5_000)
      await registries.close()
    },
  )

  it('is left at once by a client that is closed meanwhile', async () => {
    const registries = new Registries({ env: { HTTPS_PROXY: await start('silent') } })
    const asked = registries.repository({ registry: 'registry.test', repository: 'a' }).manifest('latest')
    const ended = expect(asked).rejects.toMatchObject({ code: 'CANCELLED' })
    await new Promise((resolve) => setTimeout(resolve, 100))
    const began = performance.now()
    await registries.close()
    await ended
    expect(performance.now() - began).toBeLessThan(10_000)
  })
})
