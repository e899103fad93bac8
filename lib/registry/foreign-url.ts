/**
 * Where the URLs that a manifest gives for a layer may lead (threats.md §6, "foreign layer URLs"): to http and https
 * only, and to no place that is near to us alone. What answers there is held against the layer's digest.
 */
import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { WindlassError } from '../errors.js'
import { printable } from '../image/printable.js'
import { type Place, placeOf } from './address.js'
import { mayLeadTo } from './near.js'
import { printableUrl } from './printable-url.js'

/** The system's error code of a name that leads to an address which must not be asked. */
export const addressRefused = 'ERR_ADDRESS_REFUSED'

export class ForeignUrls {
  readonly #registry: URL

  /** @param registry whose manifest names them */
  constructor(registry: URL) {
    this.#registry = registry
  }

  /** @throws WindlassError REDIRECT_REFUSED for a URL that is not asked */
  parse(text: string): URL {
    if (!URL.canParse(text)) throw refused(printable(text), 'is no absolute URL')
    const url = new URL(text)
    this.check(url)
    return url
  }

  /** The same for where a redirect leads. */
  check(url: URL): void {
    const { protocol, hostname, username, password } = url
    if (protocol !== 'http:' && protocol !== 'https:')
      throw refused(`${protocol}…`, 'is neither http nor https')
    if (username !== '' || password !== '') throw refused(printableUrl(url), 'holds user info')
    const place = placeOf(hostname)
    if (!this.#allows(place)) throw refused(printableUrl(url), `leads to a ${place} address`)
  }

  /** The same for what a name turns out to stand for. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) {
        callback(error, [])
        return
      }
      const far = addresses.find(({ address }) => !this.#allows(placeOf(address)))
      const [first] = addresses
      if (far) {
        const why = `the name ${hostname} stands for ${far.address}, a ${placeOf(far.address)} address`
        callback(Object.assign(new Error(why), { code: addressRefused }), [])
      } else if (options.all === true || !first) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }

  #allows(place: Place): boolean {
    return mayLeadTo(place, this.#registry)
  }
}

const refused = (what: string, why: string): WindlassError =>
  new WindlassError('REDIRECT_REFUSED', `The foreign URL ${what} of a layer ${why}: it is not asked`)
