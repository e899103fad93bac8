/**
 * Resolves `Location` and link targets without changing the bytes of their path and query (RFC 3986 §5). `URL`
 * (WHATWG) rewrites some of them (`'` becomes `%27`, `%2e%2e` is resolved), which breaks signed URLs: `URL` therefore
 * only determines the host, and the request target is taken from the text.
 */

/** A URL and the exact request target. */
export interface Location {
  /** Determines the host. Its path and query may be spelled differently from `target`. */
  readonly url: URL
  /** The request target: path and query, visible ASCII without `#`. */
  readonly target: string
}

/** RFC 3986 appendix B: scheme, authority, path, query. */
const parts = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?/s

/**
 * Characters that must not appear in a request line or are ambiguous: whitespace, control characters, non-ASCII bytes
 * and the backslash. Other characters are sent unchanged, even if RFC 3986 requires encoding: they may be part of a
 * signature.
 */
const unsafe = /[^\x21-\x5b\x5d-\x7e]/g

/** Returns the location of a URL that this library has built. */
export const locationOf = (url: URL): Location => ({ url, target: url.pathname + url.search })

/**
 * Resolves a URL reference.
 * @param text - the header value, one character per byte
 * @param base - base of a relative reference
 * @returns undefined if it is not an http or https URL; user info is removed
 */
export function resolveLocation(text: string, base?: Location): Location | undefined {
  const utf8 = Buffer.from(text, 'latin1').toString('utf8')
  if (!URL.canParse(utf8, base?.url.href)) return undefined
  const url = new URL(utf8, base?.url.href)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined
  url.username = ''
  url.password = ''
  return { url, target: targetOf(text.trim(), url, base) ?? encodeUnsafe(url.pathname + url.search) }
}

/** Returns the request target of `text`; undefined if `URL` and RFC 3986 disagree about the host. */
function targetOf(text: string, url: URL, base: Location | undefined): string | undefined {
  const [, scheme, authority, path = '', query = ''] = parts.exec(text) ?? []
  if (scheme !== undefined && authority === undefined) return undefined
  if (authority !== undefined) {
    if (authority.includes('\\')) return undefined
    const origin = `${scheme ?? url.protocol.slice(0, -1)}://${Buffer.from(authority, 'latin1').toString('utf8')}`
    if (!URL.canParse(origin) || new URL(origin).origin !== url.origin) return undefined
    return encodeUnsafe(withoutDots(path) || '/') + encodeUnsafe(query)
  }
  // `URL` treats a backslash as a slash: `/\host` would be another host.
  if (base?.url.origin !== url.origin || /^[/\\]?\\/.test(path)) return undefined
  const [, basePath = '/', baseQuery = ''] = /^([^?]*)(.*)$/s.exec(base.target) ?? []
  if (path === '') return basePath + encodeUnsafe(query || baseQuery)
  const whole = path.startsWith('/') ? path : basePath.replace(/[^/]*$/, '') + path
  return encodeUnsafe(withoutDots(whole)) + encodeUnsafe(query)
}

/** Percent-encodes the characters that must not be sent. */
const encodeUnsafe = (text: string): string =>
  text.replace(unsafe, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)

/** Removes `.` and `..` segments (RFC 3986 §5.2.4), except encoded ones. */
function withoutDots(path: string): string {
  const out: string[] = []
  const segments = path.split('/')
  segments.forEach((segment, at) => {
    const last = at === segments.length - 1
    if (segment === '..') {
      if (out.length > 1) out.pop()
      if (last) out.push('')
    } else if (segment !== '.') out.push(segment)
    else if (last) out.push('')
  })
  return out.join('/')
}
