/** Parses the address that a server listens on. */
import { isIPv6 } from 'node:net'
import path from 'node:path'
import { WindlassError } from '../../lib/errors.js'
import { quoted } from '../../lib/codec/printable.js'

/** Where a server listens: a unix socket, or TCP. */
export type ListenAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }

/**
 * Parses `unix:PATH`, an absolute path, `HOST:PORT`, `[IPV6]:PORT` or `:PORT` (loopback). @throws USAGE
 */
export function parseAddress(text: string): ListenAddress {
  if (text.startsWith('unix:')) return { kind: 'unix', path: path.resolve(text.replace(/^unix:(\/\/)?/, '')) }
  if (path.isAbsolute(text)) return { kind: 'unix', path: text }
  const [, v6, name = '', digits = ''] = /^(?:tcp:\/\/)?(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]*)):(\d{1,5})$/i.exec(text) ?? []
  const port = Number(digits)
  if (digits === '' || port > 65_535 || (v6 !== undefined && !isIPv6(v6)))
    throw new WindlassError('USAGE', `${quoted(text)} is not an address to listen on`, {
      hint: 'Give unix:PATH, or HOST:PORT such as 127.0.0.1:5180.',
    })
  return { kind: 'tcp', host: v6 ?? (name === '' ? '127.0.0.1' : name), port }
}

/** Reports whether only this machine can reach the address. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
