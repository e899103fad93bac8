/**
 * Redirects, followed by us: counted, only to http and https, never from TLS to plain HTTP, and with the credentials
 * left behind at the first change of origin, for good (threats.md §6; S0-84).
 */
import { WindlassError } from '../errors.js'
import { limitExceeded } from '../image/limits.js'
import type { Answer, Ask, Connections } from './connections.js'
import { discard } from './discard.js'
import { printable } from '../image/printable.js'
import { printableUrl } from './printable-url.js'

const redirecting = new Set([301, 302, 303, 307, 308])

export interface Followed extends Answer {
  /** Whether the answer may have come from somewhere else than the origin that was asked. */
  readonly crossed: boolean
}

/**
 * @param check - throws for a place that this request must not go to
 * @throws REDIRECT_REFUSED, LIMIT_EXCEEDED for more of them than `redirects` allows, and what `send` throws
 */
export async function follow(
  connections: Connections,
  first: Ask,
  check?: (url: URL) => void,
): Promise<Followed> {
  const most = connections.limits.redirects
  let ask = first
  let crossed = false
  for (let hops = 0; ; hops++) {
    const answer = await connections.send(ask)
    const { location } = answer.headers
    if (!redirecting.has(answer.status) || location === undefined) return { ...answer, crossed }
    discard(answer)
    const refuse = (why: string): WindlassError =>
      new WindlassError(
        'REDIRECT_REFUSED',
        `Failed to ${ask.purpose}: the redirect from ${ask.url.host} ${why}`,
        {
          host: ask.url.host,
          url: printableUrl(ask.url),
          status: answer.status,
        },
      )
    if (hops === most)
      throw limitExceeded(
        `Failed to ${ask.purpose}: ${first.url.host} sent on ${most + 1} times, at last from ${ask.url.host}`,
        'redirects',
        most,
        { host: ask.url.host, url: printableUrl(ask.url), status: answer.status },
      )
    // A repeated POST would hand the refresh token on.
    if (ask.method === 'POST') throw refuse('answers a request that is not repeated elsewhere')
    const url = target(location, ask.url)
    if (url === undefined) throw refuse('leads to no http or https URL')
    if (url.protocol === 'http:' && ask.url.protocol === 'https:')
      throw refuse(`leads from HTTPS to plain HTTP at ${printable(url.host)}`)
    check?.(url)
    crossed ||= url.origin !== first.url.origin
    ask = { ...ask, url, headers: crossed ? withoutCredentials(ask.headers ?? {}) : (ask.headers ?? {}) }
  }
}

function target(location: string, from: URL): URL | undefined {
  // Header bytes reach us as latin1; locations hold UTF-8 now and then.
  const text = Buffer.from(location, 'latin1').toString('utf8')
  if (!URL.canParse(text, from.href)) return undefined
  const url = new URL(text, from)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined
  url.username = ''
  url.password = ''
  return url
}

const withoutCredentials = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'))
