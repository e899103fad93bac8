/**
 * Which token server a registry may send us to, and what it may be told.
 * Private networks are allowed: self-hosted registries live there. Names are not resolved for this: over HTTPS a name
 * that leads to this machine would need a certificate, and over plain HTTP the registry itself is no better known.
 */
import { WindlassError } from '../../errors.js'
import { printable } from '../../codec/printable.js'
import { addressClassOf } from '../policy/address.js'
import type { Endpoint } from '../policy/endpoint.js'
import { mayLeadTo } from '../policy/public-target.js'

export interface RealmRules {
  readonly endpoint: Endpoint
  /** Origins that the user named: credentials may go there, whatever the rules say. */
  readonly trusted: ReadonlySet<string>
}

/** @throws CHALLENGE_INVALID where `realm` is no URL that may be asked */
export function realmOf(realm: string, rules: RealmRules): URL {
  const url = URL.canParse(realm) ? new URL(realm) : undefined
  if (url === undefined) throw refused(realm, rules, 'is no absolute URL')
  checkRealm(url, rules)
  return url
}

/** The same rules for a place that a token server redirects to. */
export function checkRealm(url: URL, rules: RealmRules): void {
  const { endpoint, trusted } = rules
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw refused(url.href, rules, 'is neither http nor https')
  if (url.username !== '' || url.password !== '') throw refused(url.origin, rules, 'holds user info')
  if (trusted.has(url.origin) || url.origin === endpoint.base.origin) return
  if (endpoint.base.protocol === 'https:' && url.protocol !== 'https:')
    throw refused(url.origin, rules, 'is plain HTTP although the registry speaks HTTPS')
  const place = addressClassOf(url.hostname)
  // A registry on this machine may keep its token server beside it.
  if (!mayLeadTo(place, endpoint.base)) throw refused(url.origin, rules, `is a ${place} address`)
}

/** Whether credentials may be sent to `url`: never in clear to anyone but the registry itself, or off this machine. */
export function mayCarryCredentials(url: URL, { endpoint, trusted }: RealmRules): boolean {
  if (trusted.has(url.origin)) return true
  if (!endpoint.confidential) return false
  if (url.protocol === 'https:' || url.origin === endpoint.base.origin) return true
  return addressClassOf(url.hostname) === 'loopback' && addressClassOf(endpoint.base.hostname) === 'loopback'
}

function refused(realm: string, { endpoint }: RealmRules, why: string): WindlassError {
  const host = endpoint.base.host
  return new WindlassError(
    'CHALLENGE_INVALID',
    `${host} names the token server '${printable(realm)}', which ${why}`,
    {
      host,
      hint: 'If that is right, name its origin: --trust-realm ORIGIN, or trustedRealms in code',
    },
  )
}
