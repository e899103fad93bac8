/** Parses one page of a tag list: `{"name", "tags"}` (distribution spec, "Listing tags"). */
import { quoted } from '../../codec/printable.js'
import { isTag } from '../../image/reference/grammar.js'

/** The tags on one page. */
export interface TagPage {
  readonly tags: readonly string[]
  /** Number of items that are not valid tags. */
  readonly invalidCount: number
  /** The first item that is not a valid tag, formatted for messages; undefined if there is none. */
  readonly example: string | undefined
}

/**
 * Parses the body of a tag list. Registries list what their storage contains, such as digests, file names or `null`:
 * invalid items are skipped and counted. A missing or `null` list is an empty one.
 * @returns undefined if the body is not a tag list
 */
export function parseTagPage(body: Buffer): TagPage | undefined {
  let json: unknown
  try {
    json = JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined
  const members = new Map<string, unknown>(Object.entries(json))
  const items = members.get('tags') ?? []
  // An error with a success status has no tags either.
  const isError = members.has('errors') || members.has('error')
  if (!Array.isArray(items) || (isError && items.length === 0)) return undefined
  const listed: readonly unknown[] = items
  const isListed = (item: unknown): item is string => typeof item === 'string' && isTag(item)
  const tags = listed.filter(isListed)
  const invalidCount = listed.length - tags.length
  const example = invalidCount > 0 ? formatItem(listed.find((item) => !isListed(item))) : undefined
  return { tags, invalidCount, example }
}

function formatItem(item: unknown): string {
  if (typeof item === 'string') return quoted(item, 80)
  return typeof item === 'object' && item !== null ? 'an object' : String(item)
}
