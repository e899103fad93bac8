/**
 * `Link` headers (RFC 8288), as far as pagination needs them: where the next page of a list is.
 */
import { WindlassError } from '../errors.js'
import { quoted } from '../image/printable.js'

const separators = /[\s,]*/y
/** Some registries leave the angle brackets away. */
const target = /<([^>]*)>|([^\s<>,;"\\]+)/y
const attribute = /\s*;\s*([\w!#$&+.^`|~-]+\*?)(?:\s*=\s*(?:"((?:[^"\\]|\\[^])*)"|([^\s;,"\\]+)))?/y
const end = /\s*;?\s*(?=,|$)/y

/** Longer headers are cut off here: no registry needs more, and nothing may grow without limit. */
const maxLength = 64 * 1024

/**
 * The target, as written, of the first link whose relations include `next`; of a single link that has no relation at all,
 * its target. Undefined where there is no next page.
 * @throws WindlassError REGISTRY_RESPONSE for a header that cannot be read, and for several links of which one without a
 * relation may be meant: the list would end early, and nobody would know
 */
export function nextLink(fields: string | readonly string[] | undefined): string | undefined {
  const text = (typeof fields === 'string' ? [fields] : (fields ?? [])).join(', ').slice(0, maxLength)
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match !== null) at = pattern.lastIndex
    return match
  }
  const found: { target: string; relations: string | undefined }[] = []
  for (take(separators); at < text.length; take(separators)) {
    const link = take(target)
    if (link === null) throw unreadable(text)
    let relations: string | undefined
    for (let each = take(attribute); each !== null; each = take(attribute)) {
      const [, name, inQuotes, bare] = each
      // Only the first `rel` of a link counts (RFC 8288 §3.3).
      if (name?.toLowerCase() === 'rel') relations ??= inQuotes?.replace(/\\([^])/g, '$1') ?? bare ?? ''
    }
    const to = link[1] ?? link[2] ?? ''
    if (relations?.toLowerCase().split(/\s+/).includes('next') === true) return to === '' ? undefined : to
    if (take(end) === null) throw unreadable(text)
    found.push({ target: to, relations })
  }
  const unrelated = found.filter(({ relations }) => relations === undefined)
  if (unrelated.length > 0 && found.length > 1) throw unreadable(text)
  return unrelated[0]?.target === '' ? undefined : unrelated[0]?.target
}

const unreadable = (text: string): WindlassError =>
  new WindlassError(
    'REGISTRY_RESPONSE',
    `the Link header ${quoted(text, 200)} does not say where the next page is`,
  )
