import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { openTunnel } from '../../../../lib/registry/proxy/connection.js'
import { Proxy } from '../../../../lib/registry/proxy/proxy.js'

const target = { host: 'registry.example', port: 443 }

/** Opens a tunnel through a proxy that sends `answer`. Returns the outcome and what the proxy received. */
async function through(answer: string, { login = '', timeout = 60_000 } = {}) {
  let asked = ''
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (data) => {
      asked = data.toString()
      socket.write(answer)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const proxy = new Proxy(new URL(`http://${login}127.0.0.1:${port}`), 'HTTPS_PROXY')
  const socket: Socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const failure = await new Promise<Error | undefined>((resolve) =>
    openTunnel(socket, proxy, { target, timeout }, resolve),
  )
  const left = { destroyed: socket.destroyed, listeners: socket.listenerCount('data') }
  socket.destroy()
  await once(server.close(), 'close')
  return { asked, failure, left }
}

describe('a tunnel through a proxy', () => {
  it('is requested by host and port of the target, with the login of the proxy', async () => {
    const { asked, failure, left } = await through('HTTP/1.1 200 OK\r\n\r\n', { login: 'me:secret@' })
    const login = Buffer.from('me:secret').toString('base64')
    expect(asked).toBe(
      `CONNECT registry.example:443 HTTP/1.1\r\nHost: registry.example:443\r\nProxy-Authorization: Basic ${login}\r\n\r\n`,
    )
    expect([failure, left]).toEqual([undefined, { destroyed: false, listeners: 0 }])
  })

  it.each([
    ['403', 'HTTP/1.1 403 Forbidden\r\n\r\n', 'it answers HTTP 403'],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 'its response is not HTTP'],
    ['more than an answer', 'HTTP/1.1 200 OK\r\n\r\nx', 'it sends data after its response'],
    ['an answer without end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(16 * 1024)}`, 'its response is too long'],
    ['nothing', '', 'it does not respond'],
  ])('fails if the proxy sends %s', async (_, answer, why) => {
    const { failure, left } = await through(answer, { timeout: answer === '' ? 50 : 5_000 })
    expect(failure?.message).toMatch(new RegExp(`refuses the connection: ${why}$`))
    expect(left).toEqual({ destroyed: true, listeners: 0 })
  })
})
