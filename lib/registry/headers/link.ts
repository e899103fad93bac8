/** `Link` headers (RFC 8288), as far as pagination needs them: where the next page of a list is. */
import { WindlassError } from '../../errors.js'

/** Some registries leave the angle brackets away: then what has no path and no query is no link, but something else. */
const target = /[\s,]*(?:<([^>]*)>|(?=[^\s<>,;"\\]*[/?])([^\s<>,;"\\]+))/y
const attribute = /\s*;\s*(?:([\w!#$&+.^`|~-]+\*?)(?:\s*=\s*(?:"((?:[^"\\]|\\[^])*)"|([^\s;,"\\]+)))?)?/y
const end = /\s*(?=,|$)/y
const nothing = /[\s,;]*$/y

interface Link {
  readonly target: string
  /** In small letters; empty where there is no `rel`. */
  readonly relations: readonly string[]
}

/** Thrown for a field that says neither where the next page is nor that there is none: REGISTRY_RESPONSE. */
export class UnreadableLink extends WindlassError {
  constructor(why: string) {
    super('REGISTRY_RESPONSE', why)
  }
}

/**
 * The target of the first link whose relations include `next`, as written; or of the only one that has no relation at
 * all, as some registries send it. Undefined where there is none.
 * @throws UnreadableLink for text that is no list of links, and for several links without a relation: the list would
 * end early, and nobody would know
 */
export function nextLink(fields: string | readonly string[] | undefined): string | undefined {
  const text = (typeof fields === 'string' ? [fields] : (fields ?? [])).join(', ')
  const plain: string[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match !== null) at = pattern.lastIndex
    return match
  }
  const takeLink = (): Link | undefined => {
    const link = take(target)
    if (link === null) return undefined
    let relations: string | undefined
    for (let found = take(attribute); found !== null; found = take(attribute)) {
      const [, name, quoted, bare] = found
      // Only the first `rel` of a link counts (RFC 8288 §3.3).
      if (name?.toLowerCase() === 'rel') relations ??= quoted?.replace(/\\([^])/g, '$1') ?? bare ?? ''
    }
    const each = (relations ?? '')
      .replace(/^'(.*)'$/s, '$1')
      .toLowerCase()
      .split(/\s+/)
    return { target: link[1] ?? link[2] ?? '', relations: each.filter((relation) => relation !== '') }
  }
  for (let link = takeLink(); link !== undefined; link = takeLink()) {
    // The page that a list names after itself is none.
    if (link.relations.includes('next')) return link.target === '' ? undefined : link.target
    if (link.relations.length === 0) plain.push(link.target)
    if (take(end) === null) throw new UnreadableLink('it is no list of links')
  }
  if (take(nothing) === null) throw new UnreadableLink('it is no list of links')
  if (plain.length > 1) throw new UnreadableLink('none of its links says what it is for')
  return plain[0] === '' ? undefined : plain[0]
}
