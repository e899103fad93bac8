import { createServer } from 'node:http'
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Connections } from '../../../../lib/registry/http/connections.js'
import { detectBaseUrl } from '../../../../lib/registry/http/scheme.js'
import { startRegistry, testCertificate } from '../../../../lib/testing/registry/index.js'
import { failure } from '../../../support/failure.js'

const tls = testCertificate()

/** Starts a server, and returns its address. */
async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Detects the scheme of a host that may use plain HTTP, and whose API is at `/v2/proxy/`. */
function detect(
  host: string,
  options: ConstructorParameters<typeof Connections>[0] = {},
  signal?: AbortSignal,
  scheme: 'tls-first' | 'plain-first' = 'tls-first',
) {
  const connections = new Connections({ ...options, timeouts: { response: 2_000 } })
  onTestFinished(() => connections.close())
  const base = new URL(`${scheme === 'tls-first' ? 'https' : 'http'}://${host}/v2/proxy/`)
  const endpoint = { registry: host, base, allowsCredentials: true, scheme }
  const { signal: never } = new AbortController()
  return detectBaseUrl(connections, endpoint, { signal: signal ?? never }).then(({ href }) => href)
}

/** Starts a server that does `answer` with the first bytes of each connection; a handshake of TLS begins with 0x16. */
const answering = (answer: (socket: Socket, data: Buffer) => void): Promise<string> =>
  listening(
    createTcp((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', (data) => answer(socket, data))
    }),
  )

/** Detects the scheme of a registry on this machine. Returns the error, and the number of requests. */
async function undetected(host: string) {
  let requests = 0
  const onRequest = (): number => (requests += 1)
  const error = await failure(detect(host, { onRequest }, undefined, 'plain-first'))
  return { error, requests }
}

describe('a registry that may use plain HTTP', () => {
  it('is used over TLS if it supports that', async () => {
    await using registry = await startRegistry({ tls })
    expect(await detect(registry.host, { ca: tls.cert })).toBe(`https://${registry.host}/v2/proxy/`)
  })

  it('is used over plain HTTP if it does not support TLS, with any status', async () => {
    const urls: string[] = []
    const host = await listening(
      createServer(({ url }, response) => {
        urls.push(url ?? '')
        response.writeHead(401).end()
      }),
    )
    expect(await detect(host)).toBe(`http://${host}/v2/proxy/`)
    expect(urls).toEqual(['/v2/proxy/'])
  })

  it('reports the error of TLS if plain HTTP fails too', async () => {
    await using registry = await startRegistry({ tls })
    expect(await failure(detect(registry.host))).toMatchObject({ code: 'TLS' })
  })

  it('reports the error of TLS if the server answers plain HTTP with a request for TLS', async () => {
    // As a server written in Go does, whose certificate is not trusted: the first connection is a TLS handshake.
    const host = await listening(
      createTcp((socket) => {
        socket.on('error', () => undefined)
        socket.once('data', (data) => {
          if (data[0] === 0x16) socket.destroy()
          else socket.end('HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n')
        })
      }),
    )
    expect(await failure(detect(host))).not.toMatchObject({
      message: expect.stringContaining('HTTPS server') as string,
    })
  })

  it('is not tried over plain HTTP if the caller cancelled', async () => {
    let connections = 0
    const cancel = new AbortController()
    const host = await listening(
      createTcp((socket) => {
        connections++
        socket.on('error', () => undefined)
        socket.once('data', () => cancel.abort())
      }),
    )
    expect(await failure(detect(host, {}, cancel.signal))).toMatchObject({ code: 'CANCELLED' })
    expect(connections).toBe(1)
  })

  it('is cancelled, and not without TLS, if the caller cancels while plain HTTP is tried', async () => {
    const cancel = new AbortController()
    const host = await answering((socket, data) => {
      if (data[0] === 0x16) socket.destroy()
      else cancel.abort()
    })
    expect(await failure(detect(host, {}, cancel.signal))).toMatchObject({ code: 'CANCELLED' })
  })
})

describe('a registry on this machine', () => {
  it('keeps its path if it uses TLS', async () => {
    await using registry = await startRegistry({ tls })
    const url = await detect(registry.host, { ca: tls.cert }, undefined, 'plain-first')
    expect(url).toBe(`https://${registry.host}/v2/proxy/`)
  })

  it('is not tried over TLS if it cannot be reached', async () => {
    const server = createTcp()
    const host = await listening(server)
    await new Promise((resolve) => server.close(resolve))
    const { error, requests } = await undetected(host)
    expect(error).toMatchObject({ code: 'NETWORK', retryable: true })
    expect(requests).toBe(1)
  })

  it('is not tried over TLS if its answer is HTTP with too long headers', async () => {
    const host = await answering((socket) =>
      socket.end(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`),
    )
    const { error, requests } = await undetected(host)
    expect(error.message).toContain('HPE_HEADER_OVERFLOW')
    expect(requests).toBe(1)
  })

  it('is starting or stopping, and worth another attempt, if it closes the connection and has no TLS', async () => {
    const host = await answering((socket, data) => {
      if (data[0] === 0x16) socket.end('220 mail.example ESMTP\r\n')
      else socket.destroy()
    })
    const { error, requests } = await undetected(host)
    expect(error).toMatchObject({ code: 'NETWORK', retryable: true })
    expect(error.message).toContain('the connection was closed')
    expect(requests).toBe(2)
  })

  it('reports the certificate if it uses TLS with one that is not trusted', async () => {
    await using registry = await startRegistry({ tls })
    expect((await undetected(registry.host)).error).toMatchObject({ code: 'TLS', retryable: false })
  })
})
