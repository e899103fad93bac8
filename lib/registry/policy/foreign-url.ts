/**
 * Where the URLs that a manifest gives for a layer may lead: to http and https
 * only, and to public addresses. Who pushed an image is not who runs its registry, and must not have machines asked that
 * only we can reach: the private ones among them are the registry's own host, and those that the user named. What answers
 * there is held against the layer's digest.
 */
import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { WindlassError } from '../../errors.js'
import { printable, quoted } from '../../codec/printable.js'
import { addressClassOf } from './address.js'
import { type Location, locationOf, resolveLocation } from '../headers/location.js'
import { mayLeadTo } from './public-target.js'
import { printableUrl } from '../headers/printable-url.js'

/** The system's error code of a name that leads to an address which must not be asked. */
export const addressRefused = 'ERR_ADDRESS_REFUSED'

export class ForeignUrls {
  readonly #registry: URL
  readonly #named: ReadonlySet<string>

  /**
   * @param registry whose manifest names them
   * @param named hosts that may be asked wherever they are, as `foreignHosts` gives them
   */
  constructor(registry: URL, named: ReadonlySet<string> = new Set()) {
    this.#registry = registry
    this.#named = named
  }

  /** @throws WindlassError REDIRECT_REFUSED for a URL that is not asked */
  parse(text: string): Location {
    if (!URL.canParse(text)) throw refused(printable(text), 'is no absolute URL')
    const url = new URL(text)
    this.check(url)
    return resolveLocation(Buffer.from(text, 'utf8').toString('latin1')) ?? locationOf(url)
  }

  /** The same for where a redirect leads. */
  check(url: URL): void {
    const { protocol, hostname, username, password } = url
    if (protocol !== 'http:' && protocol !== 'https:')
      throw refused(`${protocol}…`, 'is neither http nor https')
    if (username !== '' || password !== '') throw refused(printableUrl(url), 'holds user info')
    if (!this.#allows(hostname, hostname))
      throw refused(printableUrl(url), `leads to a ${addressClassOf(hostname)} address`, hintFor(hostname))
  }

  /** The same for what a name turns out to stand for: the connection is made to what was looked at. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) {
        callback(error, [])
        return
      }
      const nearby = addresses.find(({ address }) => !this.#allows(hostname, address))
      const [first] = addresses
      if (nearby) {
        const why = `the name ${hostname} stands for ${nearby.address}, a ${addressClassOf(nearby.address)} address`
        callback(Object.assign(new Error(why), { code: addressRefused }), [])
      } else if (options.all === true || !first) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }

  /** Whether `hostname` may be asked, which is at `address`. */
  #allows(hostname: string, address: string): boolean {
    const host = canonicalHost(hostname)
    if (this.#named.has(host)) return true
    const place = addressClassOf(address)
    if (place === 'private') return host === canonicalHost(this.#registry.hostname)
    return mayLeadTo(place, this.#registry)
  }
}

/** @throws WindlassError USAGE for what is not the name or the address of a host, and nothing more */
export function foreignHosts(hosts: readonly string[] = []): ReadonlySet<string> {
  return new Set(
    hosts.map((host) => {
      const text = `http://${isIP(host) === 6 ? `[${host}]` : host}/`
      const url = URL.canParse(text) ? new URL(text) : undefined
      if (url !== undefined && (isIP(host) === 6 || !/[:/\\?#@\s*]/.test(host)))
        return canonicalHost(url.hostname)
      throw new WindlassError(
        'USAGE',
        `The foreign host ${quoted(host)} is not the name or address of a host`,
        {
          hint: 'Name it without scheme, port and path',
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

/** How to have it asked all the same. */
export const hintFor = (hostname: string): string =>
  `If ${printable(hostname, 100)} is meant to be asked, name it: --foreign-host ${printable(hostname, 100)}, or foreignHosts in code`

const refused = (what: string, why: string, hint?: string): WindlassError =>
  new WindlassError('REDIRECT_REFUSED', `The foreign URL ${what} of a layer ${why}: it is not asked`, {
    ...(hint !== undefined && { hint }),
  })
