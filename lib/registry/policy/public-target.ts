/**
 * Prevents redirects and foreign URLs from leading to addresses that only this machine can reach (loopback,
 * link-local, metadata services). Private networks are allowed, since registries and their storage use them.
 */
import { WindlassError } from '../../errors.js'
import { type AddressClass, addressClassOf } from './address.js'
import { displayHost } from './registry-name.js'
import { printableUrl } from '../headers/printable-url.js'

/**
 * Reports whether a registry at `base` may refer to an address of `addressClass`. A registry on a loopback address may
 * refer to loopback addresses.
 */
export const mayReferTo = (addressClass: AddressClass, base: URL): boolean =>
  addressClass === 'public' ||
  addressClass === 'private' ||
  (addressClass === 'loopback' && addressClassOf(base.hostname) === 'loopback')

/**
 * Checks the target of a redirect by the registry at `base`.
 * @throws REDIRECT_REFUSED when only this machine can reach the target
 */
export function assertPublicTarget(url: URL, base: URL, purpose: string): void {
  const addressClass = addressClassOf(url.hostname)
  if (url.hostname === base.hostname || mayReferTo(addressClass, base)) return
  throw new WindlassError(
    'REDIRECT_REFUSED',
    `Failed to ${purpose}: ${displayHost(base.host)} redirects to ${printableUrl(url)}, a ${addressClass} address`,
    {
      ...{ host: base.host, url: printableUrl(url) },
      hint: 'Such addresses are only for this machine: a registry must not redirect to them. Ask who runs it.',
    },
  )
}
