/**
 * Where a registry answers: scheme, host and port. Plain HTTP is spoken only to a
 * loopback address, to port 80, or where the user asked for it; nothing ever falls back to it after a TLS error.
 */
import { WindlassError } from '../../errors.js'
import { addressClassOf } from './address.js'
import { printable } from '../../codec/printable.js'
import { canonicalRegistry, dockerHubHost } from './registry-name.js'

export interface Endpoint {
  /** The registry as references name it. */
  readonly registry: string
  /** Scheme, host and port, with no path. */
  readonly base: URL
  /**
   * `settled`: this scheme and no other. `loopback`: plain HTTP is tried first, and TLS where the peer turns out to
   * speak that (docker does the same in the other order, which hangs on servers that wait for a line's end).
   */
  readonly scheme: 'settled' | 'loopback'
  /** Whether credentials may go there: not in clear over a network, unless the user asked for plain HTTP. */
  readonly confidential: boolean
}

export interface EndpointOptions {
  /** Speak plain HTTP with every registry (port 443 excepted). */
  readonly plainHttp?: boolean
  /** Where a registry is really found, by its name in references: `{ 'docker.io': 'https://mirror.example' }`. */
  readonly endpoints?: Readonly<Record<string, string>>
}

/**
 * @throws REFERENCE_INVALID for a name that is no host and port; USAGE for an endpoint that is no http(s) URL
 */
export function endpointOf(registry: string, options: EndpointOptions = {}): Endpoint {
  const override = overrideFor(registry, options)
  if (override !== undefined) {
    const inTheClear = override.protocol === 'http:'
    return {
      registry,
      base: override,
      scheme: 'settled',
      confidential: !inTheClear || isLoopback(override) || options.plainHttp === true,
    }
  }
  const name = canonicalRegistry(registry) === 'docker.io' ? dockerHubHost : registry
  const port = portOf(name)
  const https = hostUrl('https', name)
  if (port === 443) return { registry, base: https, scheme: 'settled', confidential: true }
  if (options.plainHttp === true)
    return { registry, base: hostUrl('http', name), scheme: 'settled', confidential: true }
  if (isLoopback(https))
    return { registry, base: hostUrl('http', name), scheme: 'loopback', confidential: true }
  if (port === 80) return { registry, base: hostUrl('http', name), scheme: 'settled', confidential: false }
  return { registry, base: https, scheme: 'settled', confidential: true }
}

/** Paths are joined with `/` on every system. */
export function apiUrl(base: URL, ...segments: readonly string[]): URL {
  return new URL(`/v2/${segments.join('/')}`, base)
}

const isLoopback = (url: URL): boolean => addressClassOf(url.hostname) === 'loopback'

function overrideFor(registry: string, { endpoints = {} }: EndpointOptions): URL | undefined {
  const wanted = canonicalRegistry(registry)
  const found = Object.entries(endpoints).find(([name]) => canonicalRegistry(name) === wanted)?.[1]
  if (found === undefined) return undefined
  const url = URL.canParse(found) ? new URL(found) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new WindlassError(
      'USAGE',
      `The endpoint for ${printable(registry)} is not an http or https URL without user info`,
    )
  return new URL(url.origin)
}

/** The message begins with the words of the original. */
function portOf(name: string): number | undefined {
  const port = /^(?:\[[^\]]*\]|[^:]*):(.*)$/s.exec(name)?.[1]
  if (port === undefined) return undefined
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    throw new WindlassError(
      'REFERENCE_INVALID',
      `Failed to get registry port from '${printable(name)}': '${printable(port)}' is not a port number`,
    )
  return Number(port)
}

function hostUrl(scheme: 'http' | 'https', name: string): URL {
  const text = `${scheme}://${name}`
  // A path, user info or query in a name would move the request elsewhere.
  if (/[/\\?#@\s]/.test(name) || name === '' || !URL.canParse(text))
    throw new WindlassError('REFERENCE_INVALID', `'${printable(name)}' is not a registry's host name`)
  return new URL(text)
}
