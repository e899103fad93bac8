/** The tags of a repository, page by page (distribution spec, "Listing tags"; S2-07). */
import { WindlassError } from '../errors.js'
import { quoted } from '../image/printable.js'
import { isTag } from '../image/reference-grammar.js'
import { readDocument } from './document.js'
import { nextLink } from './link.js'
import { accessHints, refusal } from './refusal.js'
import type { RepositoryContext } from './repository-context.js'

/** What some registries refuse to go beyond. */
const pageSize = 1000
/** Enough for ten million tags, and an end to pages without one. */
const maxPages = 10_000
/** Bytes of all pages together. */
const maxBytes = 256 * 1024 * 1024
const maxPageBytes = 16 * 1024 * 1024

/**
 * Reads a page when it is asked for one.
 * @throws NAME_UNKNOWN, UNAUTHORIZED, DENIED, REGISTRY_RESPONSE, LIMIT_EXCEEDED, REDIRECT_REFUSED (a next page
 * elsewhere), network errors
 */
export async function* listTags(
  { client, registry, repository, secrets, timeouts, hint }: RepositoryContext,
  { signal }: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<readonly string[], void, undefined> {
  const purpose = `list the tags of ${repository}`
  const fail = (
    code: 'LIMIT_EXCEEDED' | 'REGISTRY_RESPONSE' | 'REDIRECT_REFUSED',
    why: string,
  ): WindlassError =>
    new WindlassError(code, `Failed to ${purpose} from ${registry}: ${why}`, { host: registry })
  let to: URL | readonly string[] = [repository, 'tags', `list?n=${pageSize}`]
  const seen = new Set<string>()
  for (let bytes = 0, pages = 0; ; pages++) {
    if (pages === maxPages) throw fail('LIMIT_EXCEEDED', `there are more than ${maxPages} pages`)
    const answer = await client.send({
      repository,
      to,
      purpose,
      signal,
      headers: { accept: 'application/json' },
    })
    const deadline = timeouts.document
    if (answer.status !== 200)
      throw await refusal(answer, {
        purpose,
        secrets,
        missing: 'NAME_UNKNOWN',
        deadline,
        hints: accessHints(hint),
      })
    const body = await readDocument(answer, {
      maxBytes: Math.min(maxPageBytes, maxBytes - bytes),
      deadline,
      purpose,
    })
    bytes += body.length
    const tags = parseTags(body)
    if (tags === undefined) throw fail('REGISTRY_RESPONSE', 'the answer is no list of tags')
    const wrong = tags.find((each) => !isTag(each))
    if (wrong !== undefined) throw fail('REGISTRY_RESPONSE', `${quoted(wrong, 80)} is not a tag`)
    yield tags
    const next = nextLink(answer.headers.link)
    if (next === undefined) return
    if (!URL.canParse(next, answer.url.href))
      throw fail('REGISTRY_RESPONSE', 'the link to the next page is no URL')
    to = new URL(next, answer.url)
    // Credentials go along with this request, so it goes nowhere else (threats.md §6, CVE-2026-88887).
    if (answer.crossed || to.origin !== answer.url.origin)
      throw fail('REDIRECT_REFUSED', `the next page is said to be at ${quoted(to.host, 80)}`)
    if (seen.has(to.href)) throw fail('REGISTRY_RESPONSE', 'the pages go in a circle')
    seen.add(to.href)
  }
}

/** `{"name", "tags"}`; a repository without tags says `null` in some registries. */
function parseTags(body: Buffer): readonly string[] | undefined {
  let json: unknown
  try {
    json = JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
  if (typeof json !== 'object' || json === null) return undefined
  const tags = new Map<string, unknown>(Object.entries(json)).get('tags')
  if (tags === null) return []
  return Array.isArray(tags) && tags.every((each) => typeof each === 'string') ? tags : undefined
}
