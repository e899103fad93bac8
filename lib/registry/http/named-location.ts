/** Determines the target of the request that follows a response with a `Location`, for example in an upload. */
import { WindlassError } from '../../errors.js'
import { printable, quoted } from '../../codec/printable.js'
import { failurePrefix } from './attempt.js'
import type { Response } from './connections.js'
import { type Location, resolveLocation } from '../headers/location.js'
import { printableUrl } from '../headers/printable-url.js'
import { assertPublicTarget } from '../policy/public-target.js'

/**
 * Returns the location that a response names. The bytes of its path and query are those of the header. For hosts other
 * than that of the registry at `base`, the rules for redirects apply.
 * @throws REGISTRY_RESPONSE when the response names no location; REDIRECT_REFUSED when it is not allowed
 */
export function resolveNamedLocation(response: Response, base: URL, purpose: string): Location {
  const text = response.headers.location
  const failed = failurePrefix({ purpose, preposition: 'to', url: response.url, proxy: response.forwardedBy })
  const subject = {
    ...{ host: response.url.host, url: printableUrl(response.url), status: response.status },
    hint: 'Ask who runs the registry: it names a wrong place for the upload.',
  }
  if (text === undefined)
    throw new WindlassError('REGISTRY_RESPONSE', `${failed}: the response has no Location header`, subject)
  const location = resolveLocation(text, response)
  if (location === undefined)
    throw new WindlassError(
      'REGISTRY_RESPONSE',
      `${failed}: the Location header is not an http or https URL: ${quoted(text)}`,
      subject,
    )
  const { url, target } = location
  if (url.origin === base.origin) return location
  // A registry behind a proxy that ends TLS does not know its own scheme. The location is on the same host.
  if (url.protocol === 'http:' && base.protocol === 'https:' && isSameHost(url, base))
    return { url: new URL(base.origin + target), target }
  if (url.protocol === 'http:' && response.url.protocol === 'https:')
    throw new WindlassError(
      'REDIRECT_REFUSED',
      `${failed}: the registry leads from HTTPS to plain HTTP at ${printable(url.host)}`,
      subject,
    )
  assertPublicTarget(url, base, purpose)
  return location
}

/** Reports whether an http URL names the host of `base`, with its port or with none. */
const isSameHost = (url: URL, base: URL): boolean =>
  url.hostname === base.hostname && (url.port === '' || url.port === base.port)
