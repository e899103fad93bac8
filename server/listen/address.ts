/** Parses the address that a server listens on, or a client connects to. */
import { isIPv6 } from 'node:net'
import path from 'node:path'
import { WindlassError } from '../../lib/errors.js'
import { quoted } from '../../lib/codec/printable.js'

/** Where a server listens: a unix socket, TCP, or a socket that it inherits (a file descriptor). */
export type ListenAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'inherited'; readonly fd: number }

/** Parses `unix:PATH`, an absolute path, `HOST:PORT`, `[IPV6]:PORT` or `:PORT` (loopback). @throws USAGE */
export function parseAddress(text: string): ListenAddress {
  if (text.startsWith('unix:')) return { kind: 'unix', path: path.resolve(text.replace(/^unix:(\/\/)?/, '')) }
  if (path.isAbsolute(text)) return { kind: 'unix', path: text }
  const [, v6, name = '', digits = ''] =
    /^(?:(?:tcp|http):\/\/)?(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]*)):(\d{1,5})\/?$/i.exec(text) ?? []
  const port = Number(digits)
  if (digits === '' || port > 65_535 || (v6 !== undefined && !isIPv6(v6)))
    throw new WindlassError('USAGE', `${quoted(text)} is not an address`, {
      hint: 'Give unix:PATH, or HOST:PORT such as 127.0.0.1:5180.',
    })
  return { kind: 'tcp', host: v6 ?? (name === '' ? '127.0.0.1' : name), port }
}

/**
 * Returns the path of the socket that a server of this user listens on by default: `windlass.sock` in `$XDG_RUNTIME_DIR`; without
 * one, in /run for root, and in a directory of the user's own in /tmp for others.
 */
export function defaultSocket(env: NodeJS.ProcessEnv, uid: number): string {
  const { XDG_RUNTIME_DIR: runtime = '' } = env
  if (path.isAbsolute(runtime)) return path.join(runtime, 'windlass.sock')
  return uid === 0 ? '/run/windlass.sock' : `/tmp/windlass-${uid}/windlass.sock`
}

/** Reports whether only this machine can reach the address. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
