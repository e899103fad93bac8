/** Simulates a slow link to a registry: latency, and the rate of each connection and of all connections. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface LinkOptions {
  /** `host:port` of the registry. */
  readonly target: string
  /** Round-trip time in milliseconds. */
  readonly latency: number
  /** Bytes per second of each connection and of all connections; Infinity for no limit. */
  readonly perConnection: number
  readonly total: number
}

export interface Link {
  /** `127.0.0.1:port` */
  readonly host: string
  close(): Promise<void>
}

/** Burst that a link may send at once, in milliseconds of its rate. */
const burst = 20

/** Schedules bytes at a rate in the order of the requests. */
class Rate {
  #free = performance.now()

  constructor(readonly bytesPerSecond: number) {}

  /** Returns the time at which `bytes` more bytes will have passed. */
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
    // Opening a connection takes one round trip.
    void forward(client, upstream, latency, () => 0, latency)
    void forward(upstream, client, 0, (bytes) => Math.max(own.take(bytes), all.take(bytes)), 0)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port: own } = server.address() as AddressInfo // a server on TCP has no pipe name
  return {
    host: `127.0.0.1:${own}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** The whole delay is applied in one direction. For the client, the direction makes no difference. */
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
        if (!to.write(piece)) await waitForDrain(to)
      }
    }
    to.end()
  } catch {
    to.destroy()
  }
}

const slice = 16 * 1024

const waitForDrain = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.once('drain', done).once('close', done)
  })
