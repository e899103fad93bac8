/** Parses `Link` headers (RFC 8288) to find the next page of a list. */
import { WindlassError } from '../../errors.js'

/** Some registries omit the angle brackets. Text without brackets is only a link if it has a path or query. */
const target = /[\s,]*(?:<([^>]*)>|(?=[^\s<>,;"\\]*[/?])([^\s<>,;"\\]+))/y
const attribute = /\s*;\s*(?:([\w!#$&+.^`|~-]+\*?)(?:\s*=\s*(?:"((?:[^"\\]|\\[^])*)"|([^\s;,"\\]+)))?)?/y
const end = /\s*(?=,|$)/y
const trailing = /[\s,;]*$/y

interface Link {
  readonly target: string
  /** Lower case; empty if there is no `rel`. */
  readonly relations: readonly string[]
}

/**
 * Error with the code REGISTRY_RESPONSE for a header that cannot be parsed: it is unknown whether there is a next page.
 */
export class UnreadableLink extends WindlassError {
  constructor(why: string) {
    super('REGISTRY_RESPONSE', why)
  }
}

/**
 * Returns the target, as written, of the first link with the relation `next`, or of the only link if it has no
 * relation, as some registries send it. Returns undefined if there is none.
 * @throws UnreadableLink when the text is not a list of links, and when several links have no relation: the list
 * would otherwise be truncated silently
 */
export function nextLink(fields: string | readonly string[] | undefined): string | undefined {
  const text = (typeof fields === 'string' ? [fields] : (fields ?? [])).join(', ')
  const withoutRelation: string[] = []
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
    const names = (relations ?? '')
      .replace(/^'(.*)'$/s, '$1')
      .toLowerCase()
      .split(/\s+/)
    return { target: link[1] ?? link[2] ?? '', relations: names.filter((relation) => relation !== '') }
  }
  for (let link = takeLink(); link !== undefined; link = takeLink()) {
    // An empty target refers to the current page, so there is no next one.
    if (link.relations.includes('next')) return link.target === '' ? undefined : link.target
    if (link.relations.length === 0) withoutRelation.push(link.target)
    if (take(end) === null) throw new UnreadableLink('it is not a list of links')
  }
  if (take(trailing) === null) throw new UnreadableLink('it is not a list of links')
  if (withoutRelation.length > 1) throw new UnreadableLink('it has several links without a relation')
  return withoutRelation[0] === '' ? undefined : withoutRelation[0]
}
