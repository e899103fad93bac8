/**
 * Where a `Location` or a link leads, with the bytes of its path and query as they came (RFC 3986 §5). `URL` (WHATWG)
 * writes some of them in another way (`'` becomes `%27`, `%2e%2e` goes up a directory), which breaks signed addresses: so
 * `URL` says which host is asked, and the text says for what.
 */

export interface Location {
  /** Which host is asked. Its path and query may be written in another way than `target`. */
  readonly url: URL
  /** The request target: path and query, visible ASCII without `#`. */
  readonly target: string
}

/** RFC 3986 appendix B: scheme, authority, path, query. */
const parts = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?/s

/**
 * What cannot stand in a request line, or would be read in two ways: blanks, controls, bytes that are not ASCII, and the
 * backslash. All else is sent as it came, also the quotes and bars that RFC 3986 wants encoded: they may be signed so.
 */
const unfit = /[^\x21-\x5b\x5d-\x7e]/g

/** The location of a URL that was made here. */
export const locationOf = (url: URL): Location => ({ url, target: url.pathname + url.search })

/**
 * @param text - as the header had it: one character for each byte
 * @param from - what it is relative to
 * @returns undefined for what is no http or https URL; what it holds of user info is left out
 */
export function resolveLocation(text: string, from?: Location): Location | undefined {
  const utf8 = Buffer.from(text, 'latin1').toString('utf8')
  if (!URL.canParse(utf8, from?.url.href)) return undefined
  const url = new URL(utf8, from?.url.href)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined
  url.username = ''
  url.password = ''
  return { url, target: targetOf(text.trim(), url, from) ?? written(url.pathname + url.search) }
}

/** The request target that `text` stands for; undefined where `URL` and RFC 3986 do not agree about the host. */
function targetOf(text: string, url: URL, from: Location | undefined): string | undefined {
  const [, scheme, authority, path = '', query = ''] = parts.exec(text) ?? []
  if (scheme !== undefined && authority === undefined) return undefined
  if (authority !== undefined) {
    if (authority.includes('\\')) return undefined
    const origin = `${scheme ?? url.protocol.slice(0, -1)}://${Buffer.from(authority, 'latin1').toString('utf8')}`
    if (!URL.canParse(origin) || new URL(origin).origin !== url.origin) return undefined
    return written(withoutDots(path) || '/') + written(query)
  }
  // `URL` takes a backslash for a slash: `/\host` is another host to it.
  if (from?.url.origin !== url.origin || /^[/\\]?\\/.test(path)) return undefined
  const [, before = '/', beforeQuery = ''] = /^([^?]*)(.*)$/s.exec(from.target) ?? []
  if (path === '') return before + written(query || beforeQuery)
  const whole = path.startsWith('/') ? path : before.replace(/[^/]*$/, '') + path
  return written(withoutDots(whole)) + written(query)
}

/** Bytes that may not be sent as they are, each as `%` and two digits. */
const written = (text: string): string =>
  text.replace(unfit, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)

/** RFC 3986 §5.2.4: `.` and `..` as they stand, not where they are encoded. */
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
