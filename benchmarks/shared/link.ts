/** A slow line in front of a registry: latency, bandwidth of each connection, and bandwidth of all together. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface LinkOptions {
  /** `host:port` of the registry. */
  readonly target: string
  /** Milliseconds there and back. */
  readonly latency: number
  /** Bytes a second of one connection, and of all; Infinity: as fast as it goes. */
  readonly perConnection: number
  readonly total: number
}

export interface Link {
  /** `127.0.0.1:port` */
  readonly host: string
  close(): Promise<void>
}

/** Milliseconds of its rate that a line may send at once. */
const burst = 20

/** Bytes at a rate, in the order in which they were asked for. */
class Rate {
  #free = performance.now()

  constructor(readonly bytesPerSecond: number) {}

  /** When `bytes` more will have gone through. */
  take(bytes: number): number {
    if (!Number.isFinite(this.bytesPerSecond)) return 0
    this.#free = Math.max(this.#free, performance.now() - burst) + (bytes / this.bytesPerSecond) * 1000
    return this.#free
  }
}

export async function startLink({ target, latency, perConnection, total }: LinkOptions): Promise<Link> {
  const [host = '', port = ''] = target.split(':')
  const all = new Rate(total)
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host, port: Number(port), noDelay: true })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    const own = new Rate(perConnection)
    // Opening a connection takes one way there and back by itself.
    void forward(client, upstream, latency, () => 0, latency)
    void forward(upstream, client, 0, (bytes) => Math.max(own.take(bytes), all.take(bytes)), 0)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port: own } = server.address() as AddressInfo // listening on TCP: never a pipe's name
  return {
    host: `127.0.0.1:${own}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** All delay is on the way there: to the client it makes no difference where it waits. */
async function forward(
  from: Socket,
  to: Socket,
  delay: number,
  dueAt: (bytes: number) => number,
  first: number,
): Promise<void> {
  try {
    let opening = first
    for await (const chunk of from as AsyncIterable<Buffer>) {
      const wait = delay + opening
      opening = 0
      if (wait > 0) await sleep(wait)
      for (let at = 0; at < chunk.length; at += slice) {
        const piece = chunk.subarray(at, at + slice)
        const due = dueAt(piece.length) - performance.now()
        if (due > 1) await sleep(due)
        if (!to.write(piece)) await drained(to)
      }
    }
    to.end()
  } catch {
    to.destroy()
  }
}

const slice = 16 * 1024

const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.once('drain', done).once('close', done)
  })
