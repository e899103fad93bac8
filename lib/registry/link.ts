/** `Link` headers (RFC 8288), as far as pagination needs them: the target of `rel="next"`. */

const target = /[\s,]*<([^>]*)>/y
const attribute = /\s*;\s*([\w!#$&+.^`|~-]+\*?)(?:\s*=\s*(?:"((?:[^"\\]|\\[^])*)"|([^\s;,"]+)))?/y

/** The target of the first link whose relations include `next`, as written; undefined where there is none. */
export function nextLink(fields: string | readonly string[] | undefined): string | undefined {
  const text = (typeof fields === 'string' ? [fields] : (fields ?? [])).join(', ').slice(0, 64 * 1024)
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match !== null) at = pattern.lastIndex
    return match
  }
  for (let link = take(target); link !== null; link = take(target)) {
    let relations: string | undefined
    for (let found = take(attribute); found !== null; found = take(attribute)) {
      const [, name, quoted, bare] = found
      // Only the first `rel` of a link counts (RFC 8288 §3.3).
      if (name?.toLowerCase() === 'rel') relations ??= quoted?.replace(/\\([^])/g, '$1') ?? bare ?? ''
    }
    if (relations?.toLowerCase().split(/\s+/).includes('next') === true) return link[1]
  }
  return undefined
}
