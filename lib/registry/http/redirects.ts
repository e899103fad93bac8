/**
 * Redirects, followed by us: counted, only to http and https, never from TLS to plain HTTP, and with the credentials
 * left behind for good at the first change of origin, at an address that is signed, and where `Rules` says so.
 */
import { WindlassError } from '../../errors.js'
import { limitExceeded } from '../../limits.js'
import { isSigned } from '../policy/authorizable.js'
import type { Response, Request, Connections } from './connections.js'
import { discard } from './discard.js'
import { printable } from '../../codec/printable.js'
import { type Location, resolveLocation } from '../headers/location.js'
import { printableUrl } from '../headers/printable-url.js'

const redirecting = new Set([301, 302, 303, 307, 308])

export interface Followed extends Response {
  /** Whether the answer came from where no credentials go. */
  readonly crossed: boolean
}

export interface RedirectRules {
  /** Throws for a place that this request must not go to. */
  readonly check?: (url: URL) => void
  /** Whether credentials may go along to a place of the same origin (to all that are not signed). */
  readonly mayAuthorize?: (location: Location) => boolean
}

/**
 * @throws REDIRECT_REFUSED, also for those that go in a circle, LIMIT_EXCEEDED for more of them than `redirects` allows, and what `send` throws
 */
export async function followRedirects(
  connections: Connections,
  first: Request,
  { check, mayAuthorize = () => true }: RedirectRules = {},
): Promise<Followed> {
  const most = connections.limits.redirects
  let request = first
  let crossed = false
  const asked = new Set<string>()
  for (let hops = 0; ; hops++) {
    const response = await connections.send(request)
    const { location } = response.headers
    if (!redirecting.has(response.status) || location === undefined) return { ...response, crossed }
    discard(response)
    asked.add(targetOf(response, crossed))
    const refused = (why: string): WindlassError =>
      new WindlassError('REDIRECT_REFUSED', `Failed to ${request.purpose}: ${why}`, {
        host: request.url.host,
        url: printableUrl(request.url),
        status: response.status,
      })
    const refuse = (why: string): WindlassError => refused(`the redirect from ${request.url.host} ${why}`)
    if (hops === most)
      throw limitExceeded(
        `Failed to ${request.purpose}: ${first.url.host} sent on ${most + 1} times, at last from ${request.url.host}`,
        'redirects',
        most,
        { host: request.url.host, url: printableUrl(request.url), status: response.status },
      )
    // A repeated POST would hand the refresh token on.
    if (request.method === 'POST') throw refuse('answers a request that is not repeated elsewhere')
    const next = resolveLocation(location, response)
    if (next === undefined) throw refuse('leads to no http or https URL')
    const { url } = next
    if (url.protocol === 'http:' && request.url.protocol === 'https:')
      throw refuse(`leads from HTTPS to plain HTTP at ${printable(url.host)}`)
    check?.(url)
    crossed ||= url.origin !== first.url.origin || isSigned(next) || !mayAuthorize(next)
    // No other answer is to be had: the method never changes, and no cookies are kept.
    if (asked.has(targetOf(next, crossed)))
      throw refused(`the redirects go in a circle, at last from ${request.url.host}`)
    request = {
      ...request,
      ...next,
      headers: crossed ? withoutCredentials(request.headers ?? {}) : (request.headers ?? {}),
    }
  }
}

/** Where is asked for what, byte for byte, and whether without credentials: then the answer may be another. */
const targetOf = ({ url, target }: Location, crossed: boolean): string => `${crossed} ${url.origin}${target}`

const withoutCredentials = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'))
