/** Parses URLs of hosts in configuration files. */
import path from 'node:path'

/** The host in a URL. */
export interface HostUrl {
  readonly scheme: 'http' | 'https'
  /** Host and port, in lower case. The port is kept as written, also if it is that of the scheme. */
  readonly host: string
  /** Path without a slash at its end; may be empty. */
  readonly path: string
}

/**
 * Parses the URL of a host; the scheme is `https` if it is missing. User info, query and fragment are ignored. Returns
 * undefined if it is not the URL of an http or https host.
 */
export function parseHostUrl(text: string): HostUrl | undefined {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`
  if (!/^https?:\/\//i.test(url) || /\s/.test(url) || !URL.canParse(url)) return undefined
  const { protocol, pathname, hostname } = new URL(url)
  // `URL.host` lacks the port of the scheme, which is a part of the name of a registry.
  const [, authority = ''] = /^https?:\/\/([^/?#\\]*)/i.exec(url) ?? []
  const port = /:\d+$/.exec(authority)?.[0] ?? ''
  return {
    scheme: protocol === 'http:' ? 'http' : 'https',
    host: hostname + port,
    path: path.posix.normalize(pathname).replace(/\/+$/, ''),
  }
}
