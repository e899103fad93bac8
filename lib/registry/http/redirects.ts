/**
 * Follows redirects: a limited number, only to http and https, and never from HTTPS to plain HTTP. Credentials are
 * removed permanently at the first change of origin, at a signed URL, and where `RedirectRules` require it.
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

/** The final response of a request. */
export interface Followed extends Response {
  /** Whether the request that was answered had its credentials removed. */
  readonly crossed: boolean
}

/** Restrictions on the targets of redirects. */
export interface RedirectRules {
  /** Throws if the request must not be sent to `url`. */
  readonly check?: (url: URL) => void
  /**
   * Reports whether credentials may be sent to a location of the same origin (default: to all). Never called for
   * signed URLs.
   */
  readonly mayAuthorize?: (location: Location) => boolean
}

/**
 * Sends a request and follows its redirects.
 * @throws REDIRECT_REFUSED when a redirect is not allowed or leads in a circle; LIMIT_EXCEEDED when there are more
 * than `redirects`; as `Connections.send`
 */
export async function followRedirects(
  connections: Connections,
  first: Request,
  { check, mayAuthorize = () => true }: RedirectRules = {},
): Promise<Followed> {
  const maxRedirects = connections.limits.redirects
  let request = first
  let crossed = false
  const visited = new Set<string>()
  for (let hops = 0; ; hops++) {
    const response = await connections.send(request)
    const { location } = response.headers
    if (!redirecting.has(response.status) || location === undefined) return { ...response, crossed }
    discard(response)
    visited.add(visitKey(response, crossed))
    const refused = (why: string): WindlassError =>
      new WindlassError('REDIRECT_REFUSED', `Failed to ${request.purpose}: ${why}`, {
        host: request.url.host,
        url: printableUrl(request.url),
        status: response.status,
      })
    const refuse = (why: string): WindlassError => refused(`the redirect from ${request.url.host} ${why}`)
    if (hops === maxRedirects)
      throw limitExceeded(
        `Failed to ${request.purpose}: ${first.url.host} sent on ${maxRedirects + 1} times, at last from ${request.url.host}`,
        'redirects',
        maxRedirects,
        { host: request.url.host, url: printableUrl(request.url), status: response.status },
      )
    if (!mayRepeat(request, response.status)) throw refuse('answers a request that is not repeated elsewhere')
    const next = resolveLocation(location, response)
    if (next === undefined) throw refuse('leads to no http or https URL')
    const { url } = next
    if (url.protocol === 'http:' && request.url.protocol === 'https:')
      throw refuse(`leads from HTTPS to plain HTTP at ${printable(url.host)}`)
    check?.(url)
    crossed ||= url.origin !== first.url.origin || isSigned(next) || !mayAuthorize(next)
    // The response would be the same: the method never changes, and there are no cookies.
    if (visited.has(visitKey(next, crossed)))
      throw refused(`the redirects go in a circle, at last from ${request.url.host}`)
    request = {
      ...request,
      ...next,
      headers: crossed ? withoutCredentials(request.headers ?? {}) : (request.headers ?? {}),
    }
  }
}

/**
 * Reports whether a request may be sent to another location. A form contains a refresh token. Of other requests that
 * change something, only those are repeated whose redirect keeps the method (RFC 9110 §15.4).
 */
const mayRepeat = ({ method = 'GET', form }: Request, status: number): boolean =>
  method === 'GET' || method === 'HEAD' || (form === undefined && (status === 307 || status === 308))

/** Key of a request: exact URL, and whether credentials were removed, since the response may depend on them. */
const visitKey = ({ url, target }: Location, crossed: boolean): string => `${crossed} ${url.origin}${target}`

const withoutCredentials = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'))
