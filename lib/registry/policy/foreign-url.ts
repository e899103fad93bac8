/**
 * Restricts the foreign URLs of layers (image-spec descriptor.md, `urls`) to http and https and to public addresses:
 * the publisher of an image must not cause requests to addresses that only this machine or its network can reach.
 * Private addresses are only allowed for the host of the registry and for hosts that the user named. The content is
 * verified by the digest of the layer.
 */
import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { WindlassError } from '../../errors.js'
import { printable, quoted } from '../../codec/printable.js'
import { addressClassOf } from './address.js'
import { type Location, locationOf, resolveLocation } from '../headers/location.js'
import { mayReferTo } from './public-target.js'
import { printableUrl } from '../headers/printable-url.js'

/** Error code for a name that resolves to an address that is not allowed. */
export const addressRefusedCode = 'ERR_ADDRESS_REFUSED'

/** The rules for the foreign URLs in manifests of one registry. */
export class ForeignUrls {
  readonly #registry: URL
  readonly #trustedHosts: ReadonlySet<string>

  /**
   * @param registry - base URL of the registry that serves the manifests
   * @param trustedHosts - hosts that are allowed at any address, as returned by `foreignHosts`
   */
  constructor(registry: URL, trustedHosts: ReadonlySet<string> = new Set()) {
    this.#registry = registry
    this.#trustedHosts = trustedHosts
  }

  /**
   * Parses a foreign URL and checks it.
   * @throws REDIRECT_REFUSED when the URL is not allowed
   */
  parse(text: string): Location {
    if (!URL.canParse(text)) throw urlError(printable(text), 'is not an absolute URL')
    const url = new URL(text)
    this.check(url)
    return resolveLocation(Buffer.from(text, 'utf8').toString('latin1')) ?? locationOf(url)
  }

  /**
   * Checks a URL, such as the target of a redirect.
   * @throws REDIRECT_REFUSED when the URL is not allowed
   */
  check(url: URL): void {
    const { protocol, hostname, username, password } = url
    if (protocol !== 'http:' && protocol !== 'https:')
      throw urlError(`${protocol}…`, 'is neither http nor https')
    if (username !== '' || password !== '')
      throw urlError(printableUrl(url), 'contains a user name or password')
    if (!this.#allows(hostname, hostname))
      throw urlError(
        printableUrl(url),
        `leads to a ${addressClassOf(hostname)} address`,
        foreignHostHint(hostname),
      )
  }

  /**
   * Resolves a name and checks its addresses. The connection uses the checked addresses, so that the name cannot
   * resolve differently later.
   */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) {
        callback(error, [])
        return
      }
      const forbidden = addresses.find(({ address }) => !this.#allows(hostname, address))
      const [first] = addresses
      if (forbidden) {
        const reason = `the name ${hostname} resolves to ${forbidden.address}, a ${addressClassOf(forbidden.address)} address`
        callback(Object.assign(new Error(reason), { code: addressRefusedCode }), [])
      } else if (options.all === true || !first) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }

  /** Reports whether `hostname` may be contacted at `address`. */
  #allows(hostname: string, address: string): boolean {
    const host = canonicalHost(hostname)
    if (this.#trustedHosts.has(host)) return true
    const addressClass = addressClassOf(address)
    if (addressClass === 'private') return host === canonicalHost(this.#registry.hostname)
    return mayReferTo(addressClass, this.#registry)
  }
}

/**
 * Normalizes host names and addresses for `ForeignUrls`.
 * @throws USAGE when an item is not just a host name or address
 */
export function normalizeForeignHosts(hosts: readonly string[] = []): ReadonlySet<string> {
  return new Set(
    hosts.map((host) => {
      const text = `http://${isIP(host) === 6 ? `[${host}]` : host}/`
      const url = URL.canParse(text) ? new URL(text) : undefined
      if (url !== undefined && (isIP(host) === 6 || !/[:/\\?#@\s*]/.test(host)))
        return canonicalHost(url.hostname)
      throw new WindlassError(
        'USAGE',
        `The foreign host ${quoted(host)} is neither a host name nor an address`,
        {
          hint: 'Write it without a scheme, port and path.',
        },
      )
    }),
  )
}

const canonicalHost = (host: string): string =>
  host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()

/** Returns the hint that explains how to allow a host. */
export const foreignHostHint = (hostname: string): string =>
  `If you trust that host, allow it with --foreign-host ${printable(hostname, 100)} (in code: foreignHosts).`

const urlError = (what: string, reason: string, hint?: string): WindlassError =>
  new WindlassError('REDIRECT_REFUSED', `The foreign URL ${what} of a layer ${reason} and is not used`, {
    ...(hint !== undefined && { hint }),
  })
