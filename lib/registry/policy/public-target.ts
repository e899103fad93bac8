/**
 * Which places are near to this machine alone: where a registry that is elsewhere must not send us, neither by a
 * redirect nor by a URL in a manifest. Private networks are not among them: registries live there, and their storage.
 */
import { WindlassError } from '../../errors.js'
import { type AddressClass, addressClassOf } from './address.js'
import { printableUrl } from '../headers/printable-url.js'

/** Whether who is at `base` may send us to `place`: one on this machine may name others there. */
export const mayLeadTo = (place: AddressClass, base: URL): boolean =>
  place === 'elsewhere' ||
  place === 'private' ||
  (place === 'loopback' && addressClassOf(base.hostname) === 'loopback')

/** @throws REDIRECT_REFUSED for a redirect of the registry at `base` to a place that is near to us alone */
export function assertPublicTarget(url: URL, base: URL, purpose: string): void {
  const place = addressClassOf(url.hostname)
  if (url.hostname === base.hostname || mayLeadTo(place, base)) return
  throw new WindlassError(
    'REDIRECT_REFUSED',
    `Failed to ${purpose}: ${base.host} sends to ${printableUrl(url)}, a ${place} address`,
    { host: base.host, url: printableUrl(url) },
  )
}
