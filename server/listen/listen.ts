/** Listens on a unix socket or on TCP. */
import { chmodSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs'
import type { Server } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { dirname } from 'node:path'
import { WindlassError } from '../../lib/errors.js'
import type { ListenAddress } from './address.js'

/** Maximum size of the path of a socket (unix(7)). Of a longer one, Node 20 takes the beginning. */
const maxPathBytes = 107

/** Makes `server` listen on `address`, or on an inherited socket. Resolves to the address for users. */
export async function listen(server: Server, address: ListenAddress): Promise<string> {
  if (address.kind === 'inherited') {
    await started(server, () => server.listen({ fd: address.fd }), address)
    const bound = server.address()
    // Node does not know the path of a unix socket that it did not bind.
    if (bound === null || typeof bound === 'string')
      return bound === null ? 'the inherited socket' : `unix:${bound}`
    server.close()
    // The rules for TCP (token, `Host`, loopback) are those of an address that the server knows before it listens.
    throw new WindlassError('USAGE', 'Failed to listen on the inherited socket: it is not a unix socket', {
      hint: 'Inherit a unix socket (ListenStream=/run/windlass.sock), or use --listen HOST:PORT.',
    })
  }
  if (address.kind === 'tcp') {
    await started(server, () => server.listen({ host: address.host, port: address.port }), address)
    return `http://${hostAndPort(server.address() as AddressInfo)}`
  }
  if (Buffer.byteLength(address.path) > maxPathBytes)
    throw new WindlassError(
      'USAGE',
      `Failed to listen on ${address.path}: the path of a socket may have ${maxPathBytes} bytes at most`,
      { path: address.path, hint: 'Choose a shorter path with --listen.' },
    )
  mkdirSync(dirname(address.path), { recursive: true, mode: 0o700 })
  await removeStale(address.path)
  // The socket must not be open to others between its creation and a later chmod.
  const mask = process.umask(0o177)
  try {
    await started(server, () => server.listen(address.path), address)
  } finally {
    process.umask(mask)
  }
  chmodSync(address.path, 0o600)
  return `unix:${address.path}`
}

export const hostAndPort = ({ address, port, family }: AddressInfo): string =>
  `${family === 'IPv6' ? `[${address}]` : address}:${port}`

function started(server: Server, listen: () => void, address: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => reject(listenError(error, address))
    server.once('error', onError)
    server.once('listening', () => {
      server.off('error', onError)
      resolve()
    })
    listen()
  })
}

function listenError(error: NodeJS.ErrnoException, address: ListenAddress): WindlassError {
  const where = describe(address)
  const hint =
    error.code === 'EADDRINUSE'
      ? 'Another process listens there. Choose another address with --listen.'
      : error.code === 'EACCES'
        ? 'This user may not listen there. Choose another address with --listen.'
        : undefined
  return new WindlassError('USAGE', `Failed to listen on ${where}: ${error.message}`, {
    cause: error,
    ...(hint !== undefined && { hint }),
  })
}

function describe(address: ListenAddress): string {
  if (address.kind === 'inherited') return 'the inherited socket'
  return address.kind === 'unix' ? address.path : `${address.host}:${address.port}`
}

/** Removes a socket that no process listens on. @throws USAGE when a process does, or the path is something else */
async function removeStale(path: string): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (!stats) return
  if (!stats.isSocket())
    throw new WindlassError('USAGE', `Failed to listen on ${path}: it exists and is not a socket`, {
      path,
      hint: 'Choose another address with --listen.',
    })
  const isUsed = await new Promise<boolean>((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
  if (isUsed)
    throw new WindlassError('USAGE', `Failed to listen on ${path}: another server listens there`, {
      path,
      hint: 'Use that server, or choose another address with --listen.',
    })
  unlinkSync(path)
}

/** Reports whether nothing listens on a port of loopback. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
