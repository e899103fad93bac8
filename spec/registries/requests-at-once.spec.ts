/** What requests over the same connections share, and what they do not: counts, timeouts, and the wait for the rate. */
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, type Server, createServer as createTcp } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type ConnectionOptions, Connections } from '../../lib/registry/http/connections.js'
import { failure } from '../support/failure.js'

async function listening(server: Server, close: () => void): Promise<URL> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    close()
    server.close()
  })
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
}

function serving(listener: RequestListener): Promise<URL> {
  const server = createServer(listener)
  return listening(server, () => server.closeAllConnections())
}

/** A server that accepts connections and never answers. */
function silent(): Promise<URL> {
  const sockets = new Set<{ destroy(): unknown }>()
  const server = createTcp((socket) => void sockets.add(socket.on('error', () => undefined)))
  return listening(server, () => sockets.forEach((socket) => socket.destroy()))
}

function connectionsOf(options: ConnectionOptions = {}): Connections {
  const connections = new Connections({ env: {}, ...options })
  onTestFinished(() => connections.close())
  return connections
}

const look = { purpose: 'look' } as const

describe('the number of received bytes', () => {
  it('is that of all blobs, and not of other bodies', async () => {
    const url = await serving((_, response) => void response.end('x'.repeat(1000)))
    const connections = connectionsOf()
    for (const isRateLimited of [true, false, true, undefined]) {
      const request = { ...look, url, ...(isRateLimited !== undefined && { isRateLimited }) }
      await (await connections.send(request)).body.toArray()
    }
    expect(connections.received).toBe(2000)
  })
})

describe('a timeout', () => {
  it('makes only a request of the same purpose to the same host wait longer', async () => {
    const [first, second] = [await silent(), await silent()]
    const connections = connectionsOf({ timeouts: { response: 40 } })
    const ask = async (url: URL, purpose: string) =>
      (await failure(connections.send({ url, purpose }))).retryable
    expect(await ask(first, 'look')).toBe(true)
    expect(await ask(second, 'look')).toBe(true)
    expect(await ask(first, 'read')).toBe(true)
    expect(await ask(first, 'look')).toBe(false)
  })

  it('of a response without a first byte is that of a response, also after its headers', async () => {
    const url = await serving((_, response) => {
      response.writeHead(200, { 'content-length': '10' }).flushHeaders()
    })
    const connections = connectionsOf({ timeouts: { response: 60, stall: 60_000 } })
    const { body } = await connections.send({ ...look, url })
    expect(await failure(body.toArray())).toMatchObject({
      code: 'STALLED',
      retryable: true,
      message: `Failed to look from ${url.host}: no response within 0.06 seconds`,
    })
  })
})

describe('a failed request', () => {
  it('names the direction in which it was sent', async () => {
    const connections = connectionsOf()
    const url = new URL('http://127.0.0.1:1/')
    for (const preposition of ['from', 'to', 'at'] as const)
      expect(await failure(connections.send({ ...look, url, preposition }))).toMatchObject({
        message: `Failed to look ${preposition} 127.0.0.1:1: the connection was refused`,
      })
  })
})

describe('a request that waits for the rate limit', () => {
  /** Opens a body that uses up the limit, and returns what starts another request. */
  async function waiting() {
    let requests = 0
    const url = await serving((_, response) => {
      requests++
      response.end('x'.repeat(1000))
    })
    const connections = connectionsOf({ bytesPerSecond: 1 })
    const request = { ...look, url, isRateLimited: true }
    const holding = await connections.send(request)
    onTestFinished(() => void holding.body.destroy())
    const next = (signal: AbortSignal) => failure(connections.send({ ...request, signal }))
    return { connections, next, requests: () => requests }
  }

  it('ends when it is cancelled, also behind others that wait', async () => {
    const { next, requests } = await waiting()
    const [one, other] = [new AbortController(), new AbortController()]
    const [first, second] = [next(one.signal), next(other.signal)]
    other.abort()
    expect(await second).toMatchObject({ code: 'CANCELLED' })
    one.abort()
    expect(await first).toMatchObject({ code: 'CANCELLED' })
    expect(requests()).toBe(1)
  })

  it('ends when the connections are closed', async () => {
    const { connections, next, requests } = await waiting()
    const { signal } = new AbortController()
    const waits = [next(signal), next(signal)]
    await connections.close()
    for (const error of await Promise.all(waits)) expect(error).toMatchObject({ code: 'CANCELLED' })
    expect(requests()).toBe(1)
  })
})
