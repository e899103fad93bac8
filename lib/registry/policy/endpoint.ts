/**
 * Determines the scheme, host and port of a registry. Plain HTTP is only used for loopback addresses, for port 80, or
 * at the user's request. A TLS error never causes a fallback to plain HTTP.
 */
import { WindlassError } from '../../errors.js'
import { addressClassOf } from './address.js'
import { printable, quoted } from '../../codec/printable.js'
import { canonicalRegistry, dockerHubHost } from './registry-name.js'

/**
 * `known`, or how to determine the scheme. `plain-first` is for a registry on a loopback address: plain HTTP is tried
 * first, then TLS. Docker tries TLS first, which blocks on servers that wait for the end of a line. `tls-first` is for a
 * registry that the user allows to use plain HTTP.
 */
export type SchemeState = 'known' | 'plain-first' | 'tls-first'

/** The address of a registry. */
export interface Endpoint {
  /** Registry name as in references. */
  readonly registry: string
  /** The root of the API, which ends with a slash: `https://quay.io/v2/`. */
  readonly base: URL
  /** Whether the scheme of `base` is that of the registry, or has to be determined. */
  readonly scheme: SchemeState
  /**
   * Whether credentials may be sent to the registry. They are only sent over plain HTTP if the address is a loopback
   * address or the user requested plain HTTP.
   */
  readonly allowsCredentials: boolean
}

/** The address of one host of a registry, as configured. See `RegistryHost`. */
export interface HostAddress {
  readonly host: string
  readonly scheme?: 'http' | 'https'
  readonly apiPath?: string
  readonly tls?: { readonly allowsPlainHttp?: boolean }
}

/** The root of the API (distribution spec, "Endpoints"). */
const defaultApiPath = '/v2/'

/** Settings of `endpointOf`. */
export interface EndpointOptions {
  /** Use plain HTTP for all registries, except on port 443 (default false). */
  readonly plainHttp?: boolean
  /** Addresses to use in place of registry names: `{ 'docker.io': 'https://mirror.example' }`. */
  readonly endpoints?: Readonly<Record<string, string>>
}

/**
 * Returns the endpoint of a registry.
 *
 * @throws REFERENCE_INVALID when the name is not a host and port; USAGE when the configured endpoint is not an http
 * or https URL
 */
export function endpointOf(registry: string, options: EndpointOptions = {}): Endpoint {
  const override = overrideFor(registry, options)
  if (override !== undefined) {
    const isPlain = override.protocol === 'http:'
    return {
      registry,
      base: override,
      scheme: 'known',
      allowsCredentials: !isPlain || isLoopback(override) || options.plainHttp === true,
    }
  }
  const name = servingHost(registry)
  const port = portOf(name)
  const https = hostUrl('https', name)
  if (port === 443) return { registry, base: https, scheme: 'known', allowsCredentials: true }
  if (options.plainHttp === true)
    return { registry, base: hostUrl('http', name), scheme: 'known', allowsCredentials: true }
  if (isLoopback(https))
    return { registry, base: hostUrl('http', name), scheme: 'plain-first', allowsCredentials: true }
  if (port === 80) return { registry, base: hostUrl('http', name), scheme: 'known', allowsCredentials: false }
  return { registry, base: https, scheme: 'known', allowsCredentials: true }
}

/** Returns the URL of an API path, which is `segments` below the root of the API. */
export function apiUrl(base: URL, ...segments: readonly string[]): URL {
  return new URL(base.pathname + segments.join('/'), base)
}

/**
 * Returns the endpoint of a host of a registry.
 *
 * @throws as `endpointOf`; USAGE when the path of the API is not a path
 */
export function endpointOfHost(
  { host, scheme, apiPath = defaultApiPath, tls }: HostAddress,
  options: EndpointOptions = {},
): Endpoint {
  const usual = endpointOf(host, options)
  const withPath = (url: URL): URL => new URL(apiPath, url)
  if (!/^\/(?:[\w.~%-]+\/)*$/.test(apiPath) || withPath(usual.base).pathname !== apiPath)
    throw new WindlassError(
      'USAGE',
      `The path ${quoted(apiPath)} of the host ${printable(host)} is not valid`,
    )
  const isAllowed = tls?.allowsPlainHttp === true
  if (scheme !== undefined) {
    const base = withPath(hostUrl(scheme, servingHost(host)))
    const allowsCredentials =
      scheme === 'https' || isAllowed || isLoopback(base) || options.plainHttp === true
    return { registry: host, base, scheme: 'known', allowsCredentials }
  }
  const isFixed = overrideFor(host, options) !== undefined || portOf(servingHost(host)) === 443
  if (!isAllowed || isFixed || usual.scheme === 'plain-first')
    return {
      ...{ ...usual, base: withPath(usual.base) },
      allowsCredentials: usual.allowsCredentials || isAllowed,
    }
  const base = withPath(hostUrl('https', servingHost(host)))
  return { registry: host, base, scheme: 'tls-first', allowsCredentials: true }
}

/** Returns the host that serves a registry. */
const servingHost = (registry: string): string =>
  canonicalRegistry(registry) === 'docker.io' ? dockerHubHost : registry

const isLoopback = (url: URL): boolean => addressClassOf(url.hostname) === 'loopback'

function overrideFor(registry: string, { endpoints = {} }: EndpointOptions): URL | undefined {
  const wanted = canonicalRegistry(registry)
  const found = Object.entries(endpoints).find(([name]) => canonicalRegistry(name) === wanted)?.[1]
  if (found === undefined) return undefined
  const url = URL.canParse(found) ? new URL(found) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new WindlassError(
      'USAGE',
      `The endpoint for ${printable(registry)} must be an http or https URL without a user name and password`,
    )
  return new URL(defaultApiPath, url.origin)
}

/**
 * Returns the port in a registry name; undefined if there is none.
 * @throws REFERENCE_INVALID when it is not a port number
 */
function portOf(name: string): number | undefined {
  const port = /^(?:\[[^\]]*\]|[^:]*):(.*)$/s.exec(name)?.[1]
  if (port === undefined) return undefined
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    throw new WindlassError(
      'REFERENCE_INVALID',
      `Failed to get registry port from ${quoted(name)}: ${quoted(port)} is not a port number`,
    )
  return Number(port)
}

function hostUrl(scheme: 'http' | 'https', name: string): URL {
  const text = `${scheme}://${name}`
  // A path, user info or query in a name would change the target of the request.
  if (/[/\\?#@\s]/.test(name) || name === '' || !URL.canParse(text))
    throw new WindlassError('REFERENCE_INVALID', `${quoted(name)} is not the name of a registry`)
  return new URL(defaultApiPath, text)
}
