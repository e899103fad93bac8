/** The tags of a repository, page by page (distribution spec, "Listing tags"; S2-07). */
import { WindlassError, type ErrorCode } from '../errors.js'
import { limitExceeded, type LimitName } from '../image/limits.js'
import { quoted } from '../image/printable.js'
import { isTag } from '../image/reference-grammar.js'
import type { TagsRequest } from '../image/source.js'
import { readDocument } from './document.js'
import { nextLink } from './link.js'
import { patiently } from './patiently.js'
import type { Followed } from './redirects.js'
import { accessHints, refusal } from './refusal.js'
import type { RepositoryContext } from './repository-context.js'

/** What some registries refuse to go beyond. */
const pageSize = 1000

/**
 * Reads a page when it is asked for one; a page that fails is asked for again as `again` says, the others are not.
 * @throws NAME_UNKNOWN, UNAUTHORIZED, DENIED, REGISTRY_RESPONSE, LIMIT_EXCEEDED, REDIRECT_REFUSED (a next page
 * elsewhere), network errors
 */
export async function* listTags(
  context: RepositoryContext,
  request: TagsRequest = {},
): AsyncGenerator<readonly string[], void, undefined> {
  const { repository, limits } = context
  let to: URL | readonly string[] = [repository, 'tags', `list?n=${pageSize}`]
  const seen = new Set<string>()
  for (let bytes = 0, pages = 0; ; pages++) {
    if (pages === limits.tagPages) throw exceeded(context, `there are more than ${pages} pages`, 'tagPages')
    const at: URL | readonly string[] = to
    const page: Page = await patiently(() => fetchPage(context, at, request), request)
    bytes += page.bytes
    if (bytes > limits.tagBytes) throw exceeded(context, `there are ${bytes} bytes of them`, 'tagBytes')
    yield page.tags
    const next = nextPage(context, page.answer)
    if (next === undefined) return
    if (seen.has(next.href)) throw failed(context, 'REGISTRY_RESPONSE', 'the pages go in a circle')
    seen.add(next.href)
    to = next
  }
}

interface Page {
  readonly tags: readonly string[]
  readonly bytes: number
  readonly answer: Followed
}

async function fetchPage(
  context: RepositoryContext,
  to: URL | readonly string[],
  { signal }: TagsRequest,
): Promise<Page> {
  const { client, secrets, timeouts, limits, hint } = context
  const purpose = purposeOf(context)
  const headers = { accept: 'application/json' }
  const answer = await client.send({ to, purpose, signal, headers })
  const deadline = timeouts.document
  if (answer.status !== 200)
    throw await refusal(answer, {
      ...{ purpose, secrets, missing: 'NAME_UNKNOWN', deadline, hints: accessHints(hint) },
      maxBytes: limits.errorBytes,
    })
  const maxBytes = limits.tagPageBytes
  const body = await readDocument(answer, { maxBytes, limit: 'tagPageBytes', deadline, purpose })
  const tags = parseTags(body)
  if (tags === undefined) throw failed(context, 'REGISTRY_RESPONSE', 'the answer is no list of tags')
  const wrong = tags.find((each) => !isTag(each))
  if (wrong !== undefined) throw failed(context, 'REGISTRY_RESPONSE', `${quoted(wrong, 80)} is not a tag`)
  return { tags, bytes: body.length, answer }
}

function nextPage(context: RepositoryContext, { headers, url, crossed }: Followed): URL | undefined {
  const link = nextLink(headers.link)
  if (link === undefined) return undefined
  if (!URL.canParse(link, url.href))
    throw failed(context, 'REGISTRY_RESPONSE', 'the link to the next page is no URL')
  const next = new URL(link, url)
  // Credentials go along with that request, so it goes nowhere else (threats.md §6, CVE-2026-88887).
  if (crossed || next.origin !== url.origin)
    throw failed(context, 'REDIRECT_REFUSED', `the next page is said to be at ${quoted(next.host, 80)}`)
  return next
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

const purposeOf = ({ repository }: RepositoryContext): string => `list the tags of ${repository}`

const failed = (context: RepositoryContext, code: ErrorCode, why: string): WindlassError =>
  new WindlassError(code, `Failed to ${purposeOf(context)} from ${context.registry}: ${why}`, {
    host: context.registry,
  })

const exceeded = (context: RepositoryContext, why: string, name: LimitName): WindlassError =>
  limitExceeded(
    `Failed to ${purposeOf(context)} from ${context.registry}: ${why}`,
    name,
    context.limits[name],
    { host: context.registry },
  )
