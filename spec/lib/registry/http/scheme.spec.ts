import { createServer } from 'node:http'
import { createServer as createTcp, type AddressInfo, type Server } from 'node:net'
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
) {
  const connections = new Connections({ ...options, timeouts: { response: 2_000 } })
  onTestFinished(() => connections.close())
  const endpoint = { registry: host, base: new URL(`https://${host}/v2/proxy/`), allowsCredentials: true }
  const { signal: never } = new AbortController()
  return detectBaseUrl(connections, { ...endpoint, scheme: 'tls-first' }, { signal: signal ?? never }).then(
    ({ href }) => href,
  )
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
})
