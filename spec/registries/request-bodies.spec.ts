/** What becomes of a content that is sent: when its request ends early, and when it would have to be sent again. */
import { once } from 'node:events'
import { type AddressInfo, type Socket, createServer } from 'node:net'
import { Readable } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Connections } from '../../lib/registry/http/connections.js'
import { failure } from '../support/failure.js'

/** Starts a server that does `serve` with each connection. Returns its URL. */
async function listening(serve: (socket: Socket) => void): Promise<URL> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined))
    serve(socket)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/upload`)
}

function connectionsOf(): Connections {
  const connections = new Connections({ env: {} })
  onTestFinished(() => connections.close())
  return connections
}

/** A content of `size` bytes, and the streams that were opened of it. */
function contentOf(size: number) {
  const opened: Readable[] = []
  const open = (): Promise<Readable> => {
    const left = { bytes: size }
    const stream = new Readable({
      read() {
        const chunk = Buffer.alloc(Math.min(left.bytes, 64 * 1024))
        left.bytes -= chunk.length
        this.push(chunk.length === 0 ? null : chunk)
      },
    })
    opened.push(stream)
    return Promise.resolve(stream)
  }
  return { body: { size, open }, opened }
}

const put = { method: 'PUT', purpose: 'upload' } as const
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
const large = 50_000_000

describe('the content of a request', () => {
  it('is closed as soon as the server answers, although the response is not read yet', async () => {
    const url = await listening((socket) => {
      socket.once('data', () => {
        socket.pause() // takes no more of the content
        socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 5\r\n\r\n')
      })
    })
    const { body, opened } = contentOf(large)
    const response = await connectionsOf().send({ ...put, url, body })
    expect(response.status).toBe(413)
    expect(opened.map(({ destroyed }) => destroyed)).toEqual([true])
    response.body.destroy()
  })

  it('is closed when the request is cancelled, which leaves no timer', async () => {
    const cancel = new AbortController()
    const url = await listening((socket) => {
      socket.once('data', () => {
        socket.pause()
        setTimeout(() => cancel.abort(), 20)
      })
    })
    const before = timers()
    const { body, opened } = contentOf(large)
    const sent = connectionsOf().send({ ...put, url, body, signal: cancel.signal })
    expect(await failure(sent)).toMatchObject({ code: 'CANCELLED' })
    expect(opened.map(({ destroyed }) => destroyed)).toEqual([true])
    await expect.poll(timers).toBeLessThanOrEqual(before)
  })

  it('is closed if its request is not sent: the host cannot be reached, or the request is cancelled', async () => {
    const url = new URL('http://127.0.0.1:1/upload')
    for (const [code, signal] of [
      ['NETWORK', undefined],
      ['CANCELLED', AbortSignal.abort()],
    ] as const) {
      const { body, opened } = contentOf(10)
      expect(await failure(connectionsOf().send({ ...put, url, body, signal }))).toMatchObject({ code })
      expect(opened.map(({ destroyed }) => destroyed)).toEqual([true])
    }
  })

  it('that is a stream is not sent again if the reused connection was closed: its reader decides', async () => {
    const url = await listening((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
        socket.once('data', () => socket.resetAndDestroy())
      })
    })
    const connections = connectionsOf()
    const first = await connections.send({ purpose: 'look', url })
    await first.body.toArray()
    const { body, opened } = contentOf(10)
    expect(await failure(connections.send({ ...put, url, body }))).toMatchObject({ code: 'NETWORK' })
    expect(opened).toHaveLength(1)
    const { body: again } = await connections.send({ ...put, url, body: Buffer.from('once more') })
    expect(Buffer.concat((await again.toArray()) as Buffer[]).toString()).toBe('{}')
  })

  it('is not sent again if the response has two lengths, which only a lenient parser reads', async () => {
    const requests: string[] = []
    const url = await listening((socket) => {
      socket.once('data', (data) => {
        requests.push(data.toString('latin1').split(' ', 1)[0] ?? '')
        socket.end(
          'HTTP/1.1 200 OK\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
        )
      })
    })
    const connections = connectionsOf()
    const { body, opened } = contentOf(10)
    expect(await failure(connections.send({ ...put, url, body }))).toMatchObject({
      code: 'REGISTRY_RESPONSE',
    })
    expect([requests, opened.length]).toEqual([['PUT'], 1])
    const read = await connections.send({ purpose: 'look', url })
    expect(Buffer.concat((await read.body.toArray()) as Buffer[]).toString()).toBe('{}')
    expect(requests).toEqual(['PUT', 'GET', 'GET'])
  })
})
