/** One page of a list of tags: `{"name", "tags"}` (distribution spec, "Listing tags"). */
import { quoted } from '../../codec/printable.js'
import { isTag } from '../../image/reference/grammar.js'

export interface TagPage {
  readonly tags: readonly string[]
  /** How many items are no tags. */
  readonly leftOut: number
  /** The first of them, as a message may show it. */
  readonly example: string | undefined
}

/**
 * Registries list what their storage holds: digests, names of files, `null`. One bad item never costs the list. No tags
 * at all are `null` to some, or no member.
 * @returns undefined for what is no list of tags
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
  // An error that comes with the status of a success has no tags either.
  const isError = members.has('errors') || members.has('error')
  if (!Array.isArray(items) || (isError && items.length === 0)) return undefined
  const listed: readonly unknown[] = items
  const isListed = (item: unknown): item is string => typeof item === 'string' && isTag(item)
  const tags = listed.filter(isListed)
  const leftOut = listed.length - tags.length
  const example = leftOut > 0 ? shown(listed.find((item) => !isListed(item))) : undefined
  return { tags, leftOut, example }
}

function shown(item: unknown): string {
  if (typeof item === 'string') return quoted(item, 80)
  return typeof item === 'object' && item !== null ? 'an object' : String(item)
}
