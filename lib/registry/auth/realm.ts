/**
 * Decides which token servers a registry may name, and whether credentials may be sent to them. The realm of a
 * challenge is the URL of a token server. Private networks are allowed, since self-hosted registries use them. Host
 * names are not resolved: over HTTPS, a name that resolves to this machine would need a valid certificate; over plain
 * HTTP, the registry itself is not authenticated either.
 */
import { WindlassError } from '../../errors.js'
import { printable, quoted } from '../../codec/printable.js'
import { addressClassOf } from '../policy/address.js'
import { type Channel, withoutHeaders } from '../http/channel.js'
import type { Endpoint } from '../policy/endpoint.js'
import { displayHost } from '../policy/registry-name.js'
import { mayReferTo } from '../policy/public-target.js'

/** The registry, and the token servers that the user trusts. */
export interface RealmRules {
  readonly endpoint: Endpoint
  /** Origins that the user has allowed to receive credentials, regardless of the rules. */
  readonly trusted: ReadonlySet<string>
  /** Connections to the registry, if they differ from those to others. Its certificates apply to its token server too. */
  readonly channel?: Channel | undefined
}

/**
 * Parses the realm of a challenge and applies the rules to it.
 * @throws CHALLENGE_INVALID when the realm is not an allowed URL
 */
export function parseRealm(realm: string, rules: RealmRules): URL {
  const url = URL.canParse(realm) ? new URL(realm) : undefined
  if (url === undefined) throw realmError(realm, rules, 'is not an absolute URL')
  checkRealm(url, rules)
  return url
}

/**
 * Applies the rules to a URL, such as the target of a redirect by a token server.
 * @throws CHALLENGE_INVALID when the URL is not allowed
 */
export function checkRealm(url: URL, rules: RealmRules): void {
  const { endpoint, trusted } = rules
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw realmError(url.href, rules, 'is neither http nor https')
  if (url.username !== '' || url.password !== '')
    throw realmError(url.origin, rules, 'contains a user name or password')
  if (trusted.has(url.origin) || url.origin === endpoint.base.origin) return
  if (endpoint.base.protocol === 'https:' && url.protocol !== 'https:')
    throw realmError(
      url.origin,
      rules,
      'uses plain HTTP although the registry uses HTTPS',
      trustHint(url.origin),
    )
  const addressClass = addressClassOf(url.hostname)
  // A registry on this machine may have its token server on this machine too.
  if (!mayReferTo(addressClass, endpoint.base))
    throw realmError(url.origin, rules, `is at a ${addressClass} address`, trustHint(url.origin))
}

/**
 * Reports whether credentials may be sent to `url`. Over plain HTTP, they are only sent to the origin of the
 * registry, to a trusted origin, or from one loopback address to another.
 */
export function mayReceiveCredentials(url: URL, { endpoint, trusted }: RealmRules): boolean {
  if (trusted.has(url.origin)) return true
  if (!endpoint.allowsCredentials) return false
  if (url.protocol === 'https:' || url.origin === endpoint.base.origin) return true
  return addressClassOf(url.hostname) === 'loopback' && addressClassOf(endpoint.base.hostname) === 'loopback'
}

/** Returns the connections to a token server. Headers of the registry are sent to its own origin only. */
export function channelTo(url: URL, { endpoint, channel }: RealmRules): Channel | undefined {
  return channel && url.origin !== endpoint.base.origin ? withoutHeaders(channel) : channel
}

/** Returns the hint that says how to allow a token server. */
export const trustHint = (origin: string): string =>
  `If you trust that server, allow it with --trust-realm ${printable(origin)} (in code: trustedRealms).`

const wrongRealmHint = 'Ask who runs the registry: its answer to a request for a login is wrong.'

function realmError(
  realm: string,
  { endpoint }: RealmRules,
  why: string,
  hint = wrongRealmHint,
): WindlassError {
  const { host } = endpoint.base
  return new WindlassError(
    'CHALLENGE_INVALID',
    `${displayHost(host)} names the token server ${quoted(realm)}, which ${why}`,
    { host, hint },
  )
}
