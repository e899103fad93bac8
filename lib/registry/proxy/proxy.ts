/**
 * Selects the proxy of a URL by `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. Lower-case variables take precedence. The
 * values are interpreted as by Go programs, such as Docker and containerd.
 */
import { BlockList, isIP } from 'node:net'
import { WindlassError } from '../../errors.js'
import type { Environment } from '../policy/environment.js'
import { addressClassOf } from '../policy/address.js'

/** Protocol of a proxy: HTTP, HTTP over TLS, or SOCKS 5 (RFC 1928). */
export type ProxyProtocol = 'http' | 'https' | 'socks'

/** As in Go, the proxy resolves names for `socks5` as well. */
const protocols: Readonly<Record<string, readonly [protocol: ProxyProtocol, port: number]>> = {
  'http:': ['http', 80],
  'https:': ['https', 443],
  'socks5:': ['socks', 1080],
  'socks5h:': ['socks', 1080],
}

/** User name and password for a proxy. */
export interface ProxyLogin {
  readonly username: string
  readonly password: string
}

/** A proxy and the variable that configures it. */
export class Proxy {
  readonly #login: ProxyLogin | undefined
  readonly protocol: ProxyProtocol
  /** A name or address, without brackets. */
  readonly hostname: string
  readonly port: number
  /** Name of the environment variable that configures it. */
  readonly variable: string

  /** @param url - URL with a scheme that `isProxyUrl` accepts */
  constructor(url: URL, variable: string) {
    const [protocol, port] = protocols[url.protocol] ?? (['http', 80] as const)
    this.protocol = protocol
    this.variable = variable
    this.hostname = url.hostname.replace(/^\[|\]$/g, '')
    this.port = Number(url.port) || port
    if (url.username !== '')
      this.#login = { username: decodePart(url.username), password: decodePart(url.password) }
  }

  /** Host and port for messages and in URLs. */
  get host(): string {
    return `${isIP(this.hostname) === 6 ? `[${this.hostname}]` : this.hostname}:${this.port}`
  }

  /** Returns the login for SOCKS. */
  login(): ProxyLogin | undefined {
    return this.#login
  }

  /** Returns the value of `Proxy-Authorization`, which is only sent to the proxy. */
  authorization(): string | undefined {
    if (this.#login === undefined) return undefined
    const { username, password } = this.#login
    return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  }
}

const isProxyUrl = (url: URL): boolean => Object.hasOwn(protocols, url.protocol) && url.hostname !== ''

/** Percent-decodes a part of a URL. Malformed escapes leave it unchanged. */
function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/**
 * Returns the proxy for `url`; undefined for a direct connection, which loopback addresses always use.
 * @throws USAGE when the proxy is not an http, https or socks5 URL; the message does not quote it, since it may
 * contain a password
 */
export function proxyFor(url: URL, env: Environment): Proxy | undefined {
  const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy'
  const value = (env[name] ?? env[name.toUpperCase()] ?? '').trim()
  if (value === '' || addressClassOf(url.hostname) === 'loopback') return undefined
  if (isExempt(url, env['no_proxy'] ?? env['NO_PROXY'] ?? '')) return undefined
  const text = value.includes('://') ? value : `http://${value}`
  const proxy = URL.canParse(text) ? new URL(text) : undefined
  const variable = name.toUpperCase()
  if (proxy !== undefined && isProxyUrl(proxy)) return new Proxy(proxy, variable)
  throw new WindlassError('USAGE', `The variable ${variable} is not the URL of a proxy`, {
    hint: `Set it to http://HOST:PORT, https://HOST:PORT, socks5://HOST:PORT or socks5h://HOST:PORT.`,
  })
}

/**
 * Reports whether `list` contains the host of `url`. Items are hosts with or without port, domains with or without a
 * leading dot, addresses, networks, or `*`.
 */
function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return list
    .split(/[\s,]+/)
    .filter((each) => each !== '')
    .some((each) => matchesRule(each.toLowerCase(), host, port))
}

function matchesRule(rule: string, host: string, port: string): boolean {
  if (rule === '*') return true
  const [, network, prefix] = /^(.+)\/(\d{1,3})$/.exec(rule) ?? []
  if (network !== undefined && prefix !== undefined) return isInNetwork(host, network, Number(prefix))
  const [, name = rule, rulePort] = isIP(rule) === 0 ? (/^(.*?)(?::(\d+))?$/.exec(rule) ?? []) : []
  if (rulePort !== undefined && rulePort !== port) return false
  const domain = name.replace(/^\[|\]$/g, '').replace(/^\*/, '')
  if (domain.startsWith('.')) return host.endsWith(domain)
  return host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`))
}

function isInNetwork(host: string, network: string, prefix: number): boolean {
  const family = isIP(network)
  if (family === 0 || isIP(host) !== family || prefix > (family === 4 ? 32 : 128)) return false
  const list = new BlockList()
  list.addSubnet(network, prefix, family === 4 ? 'ipv4' : 'ipv6')
  return list.check(host, family === 4 ? 'ipv4' : 'ipv6')
}
