/** Provides the options that name a running server, and connects to it. */
import { existsSync } from 'node:fs'
import { dirname, isAbsolute, resolve } from 'node:path'
import type { Command } from 'commander'
import { WindlassClient } from '../../lib/api/client.js'
import { quoted } from '../../lib/codec/printable.js'
import { WindlassError } from '../../lib/errors.js'
import { readOutsideFile } from '../../lib/system/outside-file.js'
import { socketFetch } from '../../lib/remote/socket-fetch.js'
import { defaultSocket, parseAddress } from '../../server/listen/address.js'
import { isPrivateDirectory } from '../private-directory.js'
import { setting } from '../setup/flags.js'
import { inGroup } from '../setup/option-groups.js'
import type { Terminal } from '../terminal/terminal.js'
import { addTokenFlag } from './token-flag.js'

/** Values of the options that `addServerFlags` adds. */
export interface ServerFlags {
  readonly host?: string
  readonly tokenFile?: string
}

/** Adds `--host` and `--token-file` to a command. */
export const addServerFlags = (command: Command): Command =>
  addTokenFlag(
    inGroup(command, 'server', (group) =>
      group.addOption(
        setting(
          '--host <address>',
          'the server: unix:PATH or http://HOST:PORT (default: the socket of “windlass serve”)',
        ),
      ),
    ),
  )

/** A server that a command uses. */
export interface Server {
  readonly client: WindlassClient
  /** Address for messages: `unix:PATH` or `http://HOST:PORT`. */
  readonly address: string
}

/** Returns a client of the server that the flags name. Connects with the first request. @throws USAGE */
export function connect({ host = '', tokenFile }: ServerFlags, { env }: Pick<Terminal, 'env'>): Server {
  const token = tokenFile === undefined ? (env['WINDLASS_TOKEN'] ?? '').trim() : readToken(tokenFile)
  const withToken = token === '' ? {} : { token }
  const path = host === '' ? ownSocket(env) : socketOf(host)
  if (path !== undefined)
    return {
      address: `unix:${path}`,
      client: new WindlassClient({ url: 'http://localhost', fetch: socketFetch(path), ...withToken }),
    }
  const { origin, hash } = urlOf(host)
  // `serve` prints an address that ends in #token=…: it may be given as it is.
  const [, tokenInUrl] = /^#token=(.+)$/.exec(hash) ?? []
  const ownToken = tokenInUrl === undefined ? withToken : { token: tokenInUrl }
  return { address: origin, client: new WindlassClient({ url: origin, ...ownToken }) }
}

/** Returns the default socket. @throws USAGE when it may be another user's, who would see what is sent */
function ownSocket(env: NodeJS.ProcessEnv): string {
  const socket = defaultSocket(env, process.getuid?.() ?? 0)
  const directory = dirname(socket)
  if (!existsSync(directory) || isPrivateDirectory(directory)) return socket
  throw new WindlassError('USAGE', `Other users can write to ${directory}, the directory of the socket`, {
    path: directory,
    hint: 'Set XDG_RUNTIME_DIR to a directory of your own, or name the server with --host.',
  })
}

/** Returns the path of a unix socket; undefined if `host` is another address. */
function socketOf(host: string): string | undefined {
  if (host.startsWith('unix:')) return resolve(host.replace(/^unix:(\/\/)?/, ''))
  return isAbsolute(host) ? host : undefined
}

function urlOf(host: string): URL {
  if (/^https?:\/\//.test(host) && URL.canParse(host)) return new URL(host)
  const parsed = parseAddress(host)
  if (parsed.kind !== 'tcp') throw new WindlassError('USAGE', `${quoted(host)} is not an address`)
  return new URL(`http://${parsed.host.includes(':') ? `[${parsed.host}]` : parsed.host}:${parsed.port}`)
}

function readToken(file: string): string {
  try {
    const token = readOutsideFile(file, { maxBytes: 64 * 1024, followLink: true })
      .toString('utf8')
      .trim()
    if (token !== '') return token
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new WindlassError('USAGE', `Failed to read ${quoted(file)} (--token-file): ${reason}`, {
      cause,
      path: file,
    })
  }
  throw new WindlassError('USAGE', `The file ${quoted(file)} (--token-file) is empty`, { path: file })
}

/** Codes of errors that mean that no server listens at the address. */
const absent: ReadonlySet<unknown> = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'])

/** Runs `work` with the server of the flags. @throws NETWORK with the address where no server was found; errors of `work` */
export async function withServer<T>(
  flags: ServerFlags,
  terminal: Pick<Terminal, 'env'>,
  work: (server: Server) => Promise<T>,
): Promise<T> {
  const server = connect(flags, terminal)
  try {
    return await work(server)
  } catch (error) {
    throw explained(error, server.address)
  }
}

/** Returns an error that says where no server was found, or what the server lacks; other errors as they are. */
function explained(error: unknown, address: string): unknown {
  if (!(error instanceof WindlassError)) return error
  const { code, message } = error
  if (code === 'NETWORK' && codesOf(error).some((each) => absent.has(each)))
    return new WindlassError('NETWORK', `No server listens at ${address}`, {
      cause: error,
      hint: 'Start one with “windlass serve”, or name another with --host.',
    })
  if (code === 'NETWORK' && codesOf(error).includes('EACCES'))
    return new WindlassError('NETWORK', `The server at ${address} is another user's`, {
      cause: error,
      hint: 'Its socket is open to that user only. Name another with --host.',
    })
  if (code === 'UNAUTHORIZED')
    return new WindlassError('UNAUTHORIZED', message, {
      cause: error,
      hint: 'Give the token that “windlass serve” printed, with --token-file or WINDLASS_TOKEN.',
    })
  return error
}

/** Returns the codes of an error and of its causes. The `fetch` of Node hides them two levels deep. */
function codesOf(error: unknown): readonly unknown[] {
  if (!(error instanceof Error)) return []
  const own = 'code' in error ? [error.code] : []
  const inner = error instanceof AggregateError ? error.errors.flatMap(codesOf) : []
  return [...own, ...inner, ...codesOf(error.cause)]
}
