/** A SOCKS 5 proxy (RFC 1928, 1929) that takes every name for one port of this machine, and writes down what it was asked. */
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'

export interface SocksServer {
  readonly port: number
  /** `name:port` or `address:port`, as clients asked for it. */
  readonly asked: readonly string[]
  /** `name:password`, as clients logged in. */
  readonly logins: readonly string[]
  close(): Promise<void>
}

export interface SocksServerOptions {
  /** Where it leads. */
  readonly to: number
  /** Wants it. */
  readonly login?: string
  /** Answers a request with this in place of success (RFC 1928 §6). */
  readonly reply?: number
  /** Says this as soon as somebody connects, and nothing else. */
  readonly says?: string
  /** Says nothing at all. */
  readonly silent?: boolean
}

export async function startSocks(options: SocksServerOptions): Promise<SocksServer> {
  const sockets = new Set<Socket>()
  const asked: string[] = []
  const logins: string[] = []
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  }
  const server = createServer((socket) => {
    keep(socket)
    if (options.silent) return
    if (options.says !== undefined) socket.write(options.says)
    else void serve(socket)
  })
  const serve = async (socket: Socket): Promise<void> => {
    const [, methods = 0] = await read(socket, 2)
    const offered = await read(socket, methods)
    const method = options.login === undefined ? 0 : 2
    socket.write(Buffer.from([5, offered.includes(method) ? method : 0xff]))
    if (!offered.includes(method)) return
    if (method === 2) {
      await read(socket, 1)
      const name = await counted(socket)
      const login = `${name}:${await counted(socket)}`
      logins.push(login)
      socket.write(Buffer.from([1, login === options.login ? 0 : 1]))
      if (login !== options.login) return
    }
    const kind = (await read(socket, 4))[3]
    const host = kind === 3 ? await counted(socket) : [...(await read(socket, kind === 4 ? 16 : 4))].join('.')
    asked.push(`${host}:${(await read(socket, 2)).readUInt16BE()}`)
    socket.write(Buffer.from([5, options.reply ?? 0, 0, 1, 0, 0, 0, 0, 0, 0]))
    if (options.reply) return
    const onward = connect(options.to, '127.0.0.1')
    keep(onward)
    socket.pipe(onward).pipe(socket)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    ...{ asked, logins, port: (server.address() as AddressInfo).port },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

const counted = async (socket: Socket): Promise<string> =>
  (await read(socket, (await read(socket, 1))[0] ?? 0)).toString()

/** So many bytes; never settles where they do not come. */
function read(socket: Socket, size: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const tryRead = (): void => {
      const bytes = size === 0 ? Buffer.alloc(0) : (socket.read(size) as Buffer | null)
      if (bytes === null) socket.once('readable', tryRead)
      else resolve(bytes)
    }
    tryRead()
  })
}
