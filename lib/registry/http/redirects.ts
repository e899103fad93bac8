/**
 * Follows redirects: a limited number, only to http and https, and never from HTTPS to plain HTTP. Credentials are
 * removed permanently at the first change of origin, at a signed URL, and where `RedirectRules` require it.
 */
import { WindlassError } from '../../errors.js'
import { limitExceeded } from '../../limits.js'
import { formatCount } from '../../quantities.js'
import { displayHost } from '../policy/registry-name.js'
import { isSigned } from '../policy/authorizable.js'
import type { Response, Request, Connections } from './connections.js'
import { discard } from './discard.js'
import { printable } from '../../codec/printable.js'
import { type Location, resolveLocation } from '../headers/location.js'
import { printableUrl } from '../headers/printable-url.js'

const redirectStatuses = new Set([301, 302, 303, 307, 308])

/** The final response of a request. */
export interface FinalResponse extends Response {
  /** Whether credentials were removed from the request that this response belongs to. */
  readonly credentialsRemoved: boolean
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
 * @throws REDIRECT_REFUSED when a redirect is not allowed or forms a loop; LIMIT_EXCEEDED when there are more
 * than `redirects`; as `Connections.send`
 */
export async function followRedirects(
  connections: Connections,
  first: Request,
  { check, mayAuthorize = () => true }: RedirectRules = {},
): Promise<FinalResponse> {
  const maxRedirects = connections.limits.redirects
  let request = first
  let credentialsRemoved = false
  const visited = new Set<string>()
  for (let hops = 0; ; hops++) {
    const response = await connections.send(request)
    const { location } = response.headers
    if (!redirectStatuses.has(response.status) || location === undefined)
      return { ...response, credentialsRemoved }
    discard(response)
    visited.add(visitKey(response, credentialsRemoved))
    const refusedError = (why: string, hint = wrongRedirectHint): WindlassError =>
      new WindlassError('REDIRECT_REFUSED', `Failed to ${request.purpose}: ${why}`, {
        host: request.url.host,
        url: printableUrl(request.url),
        status: response.status,
        hint,
      })
    const from = displayHost(request.url.host)
    const redirectError = (why: string, hint?: string): WindlassError =>
      refusedError(`the redirect from ${from} ${why}`, hint)
    if (hops === maxRedirects)
      throw limitExceeded(
        `Failed to ${request.purpose}: ${displayHost(first.url.host)} redirected ${formatCount(maxRedirects + 1, 'time')}`,
        'redirects',
        maxRedirects,
        { host: request.url.host, url: printableUrl(request.url), status: response.status },
      )
    // Repeating the request of a token would send the refresh token to another server.
    if (request.form !== undefined) throw redirectError('would send the login to another place')
    if (!keepsMethod(request, response.status))
      throw redirectError(`would turn the ${request.method} request into a GET request`)
    const next = resolveLocation(location, response)
    if (next === undefined) throw redirectError('does not lead to an http or https URL')
    const { url } = next
    if (url.protocol === 'http:' && request.url.protocol === 'https:')
      throw redirectError(`leads from HTTPS to plain HTTP at ${printable(url.host)}`, captivePortalHint)
    check?.(url)
    credentialsRemoved ||= url.origin !== first.url.origin || isSigned(next) || !mayAuthorize(next)
    // A repeated request would have the same response: the method never changes, and there are no cookies.
    if (visited.has(visitKey(next, credentialsRemoved)))
      throw refusedError(`the redirects form a loop, the last from ${from}`)
    request = {
      ...request,
      ...next,
      ...(url.origin !== first.url.origin && first.role === undefined && { role: 'storage' }),
      // Certificates, headers and timeouts of a host are for this host only.
      channel: url.origin === first.url.origin ? first.channel : undefined,
      headers: credentialsRemoved ? withoutCredentials(request.headers ?? {}) : (request.headers ?? {}),
    }
  }
}

/**
 * Reports whether the request may be repeated with its method after a redirect (RFC 9110 §15.4). GET and HEAD requests
 * are repeated after every redirect.
 */
const keepsMethod = ({ method = 'GET' }: Request, status: number): boolean =>
  method === 'GET' || method === 'HEAD' || status === 307 || status === 308

const wrongRedirectHint = 'Ask who runs the registry: it redirects to a wrong place.'
const captivePortalHint =
  'If this network has a login page (a captive portal), log in with a browser, then try again.'

/** Key of a request: exact URL, and whether credentials were removed, since the response may depend on them. */
const visitKey = ({ url, target }: Location, credentialsRemoved: boolean): string =>
  `${credentialsRemoved} ${url.origin}${target}`

const withoutCredentials = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'))
