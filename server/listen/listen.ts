/** Listens on a unix socket or on TCP. */
import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { WindlassError } from '../../lib/errors.js'
import type { ListenAddress } from './address.js'

/** Makes `server` listen on `address`, or on an inherited socket. Resolves to the address for users. */
export async function listen(server: Server, address: ListenAddress | { readonly fd: number }): Promise<string> {
  if ('fd' in address) {
    await started(server, () => server.listen({ fd: address.fd }))
    const bound = server.address()
    return typeof bound === 'string' ? `unix:${bound}` : `http://${hostAndPort(bound!)}`
  }
  if (address.kind === 'tcp') {
    await started(server, () => server.listen({ host: address.host, port: address.port }), address)
    return `http://${hostAndPort(server.address() as AddressInfo)}`
  }
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

function started(server: Server, listen: () => void, address?: ListenAddress): Promise<void> {
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

function listenError(error: NodeJS.ErrnoException, address: ListenAddress | undefined): WindlassError {
  const where =
    address === undefined ? 'the passed socket' : address.kind === 'unix' ? address.path : `${address.host}:${address.port}`
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
