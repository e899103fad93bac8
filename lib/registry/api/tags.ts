/** Lists the tags of a repository, page by page (distribution spec, "Listing tags"). */
import { WindlassError, type ErrorCode } from '../../errors.js'
import { limitExceeded, type LimitName } from '../../limits.js'
import type { TagsRequest } from '../../image/source.js'
import { formatBytes, formatCount, formatNumber } from '../../quantities.js'
import { readDocument } from '../http/document.js'
import { withRetries } from './with-retries.js'
import type { FinalResponse } from '../http/redirects.js'
import { explainRefusal } from '../http/refusal.js'
import { displayHost, displayName } from '../policy/registry-name.js'
import type { RepositoryContext } from './repository-context.js'
import { nextPage } from './next-page.js'
import { Stopwatch } from '../http/stopwatch.js'
import { type TagPage, parseTagPage } from './tag-page.js'

/**
 * Page sizes to request, in order, until one is accepted; undefined leaves the size to the registry. Some registries
 * reject more than 1000.
 */
const pageSizes: readonly (number | undefined)[] = [1000, undefined, 500, 100, 50, 10]

/**
 * Lists the tags. A page is requested when the consumer asks for it, and retried as `again` decides. Items that are
 * not valid tags are skipped and reported by one warning at the end. Each tag is listed once.
 * @throws NAME_UNKNOWN, UNAUTHORIZED, DENIED, REGISTRY_RESPONSE, LIMIT_EXCEEDED (`tagPages`, `tagBytes`,
 * `tagPageBytes`, `tagSeconds`), REDIRECT_REFUSED when the link to the next page is not http or https, network errors
 */
export async function* listTags(
  context: RepositoryContext,
  request: TagsRequest = {},
): AsyncGenerator<readonly string[], void, undefined> {
  const { limits } = context
  const stopwatch = new Stopwatch(limits.tagSeconds * 1000)
  const visitedPages = new Set<string>()
  const listedTags = new Set<string>()
  const invalidItems = { items: 0, example: '' }
  let page = await firstPage(context, request)
  try {
    for (let bytes = 0, pages = 1; ; pages++) {
      bytes += page.bytes
      if (bytes > limits.tagBytes)
        throw limitError(context, `the tags take ${formatBytes(bytes)}`, 'tagBytes')
      if (invalidItems.items === 0) invalidItems.example = page.example ?? ''
      invalidItems.items += page.invalidCount
      yield page.tags.filter((tag) => !listedTags.has(tag) && listedTags.add(tag))
      visitedPages.add(page.response.target)
      const next = nextPage(page.response, (code, reason) => invalidError(context, code, reason))
      if (next === undefined) return
      if (visitedPages.has(next))
        throw invalidError(context, 'REGISTRY_RESPONSE', 'the pages of the list form a loop')
      visitedPages.add(next)
      if (pages >= limits.tagPages)
        throw limitError(context, `the list has more than ${formatCount(pages, 'page')}`, 'tagPages')
      const timeoutError = (): WindlassError =>
        limitError(context, `the list took too long after ${formatCount(pages, 'page')}`, 'tagSeconds')
      const fetchNext = (): Promise<Page> =>
        stopwatch.run((signal) => fetchPage(context, next, signal), timeoutError, request.signal)
      page = await withRetries(fetchNext, withoutLimitRetries(request))
    }
  } finally {
    if (invalidItems.items > 0)
      request.onWarning?.('tags-left-out', invalidItemsMessage(context, invalidItems))
  }
}

/** Excludes LIMIT_EXCEEDED from retries: the limit would be exceeded again. */
const withoutLimitRetries = ({ again, ...rest }: TagsRequest): TagsRequest => ({
  ...rest,
  again: (error, attempt) =>
    error instanceof WindlassError && error.code === 'LIMIT_EXCEEDED' ? undefined : again?.(error, attempt),
})

interface Page extends TagPage {
  readonly bytes: number
  readonly response: FinalResponse
}

/** Fetches the first page with the first page size that the registry accepts. */
async function firstPage(context: RepositoryContext, request: TagsRequest): Promise<Page> {
  let firstRejection: WindlassError | undefined
  const recordRejection = (reason: WindlassError): void => void (firstRejection ??= reason)
  for (const size of pageSizes) {
    const to = [context.repository, 'tags', size === undefined ? 'list' : `list?n=${size}`]
    const page = await withRetries(() => fetchPage(context, to, request.signal, recordRejection), request)
    if (page !== undefined) return page
  }
  throw firstRejection ?? invalidError(context, 'INTERNAL', 'no page was requested')
}

/** Statuses that may mean that the registry rejects the page size, besides the code PAGINATION_NUMBER_INVALID. */
const sizeRejectedStatuses = new Set([400, 406, 413, 414, 416, 422])

function fetchPage(context: RepositoryContext, to: string, signal: AbortSignal | undefined): Promise<Page>
/**
 * @param onSizeRejected - receives the error of a registry that may reject the page size; the result is then undefined
 */
function fetchPage(
  context: RepositoryContext,
  to: readonly string[],
  signal: AbortSignal | undefined,
  onSizeRejected: (reason: WindlassError) => void,
): Promise<Page | undefined>
async function fetchPage(
  context: RepositoryContext,
  to: readonly string[] | string,
  signal: AbortSignal | undefined,
  onSizeRejected?: (reason: WindlassError) => void,
): Promise<Page | undefined> {
  const { client, secrets, timeouts, limits, help } = context
  const purpose = purposeOf(context)
  const headers = { accept: 'application/json' }
  const response = await client.send({ to, purpose, signal, headers })
  const timeout = timeouts.document
  if (response.status !== 200) {
    const { error, registryCode } = await explainRefusal(response, {
      ...{ purpose, secrets, timeout, help },
      notFoundNames: { NAME_UNKNOWN: `repository ${displayName(context)}` },
      notFoundCode: onSizeRejected ? 'NAME_UNKNOWN' : 'REGISTRY_RESPONSE',
      maxBytes: limits.errorBytes,
    })
    const mayRejectSize =
      sizeRejectedStatuses.has(response.status) || registryCode === 'PAGINATION_NUMBER_INVALID'
    if (!onSizeRejected || !mayRejectSize) throw error
    onSizeRejected(error)
    return undefined
  }
  const maxBytes = limits.tagPageBytes
  const body = await readDocument(response, { maxBytes, limitName: 'tagPageBytes', timeout, purpose })
  const page = parseTagPage(body)
  if (page === undefined)
    throw invalidError(context, 'REGISTRY_RESPONSE', 'the response is not a list of tags')
  return { ...page, bytes: body.length, response }
}

function invalidItemsMessage(
  context: RepositoryContext,
  { items, example }: { readonly items: number; readonly example: string },
): string {
  const list = `the list of tags of ${displayName(context)} at ${displayHost(context.registry)}`
  return items === 1
    ? `One item in ${list} is not a tag and is left out: ${example}`
    : `${formatNumber(items)} items in ${list} are not tags and are left out, for example ${example}`
}

const purposeOf = (context: RepositoryContext): string => `list the tags of ${displayName(context)}`

const failedMessage = (context: RepositoryContext): string =>
  `Failed to ${purposeOf(context)} from ${displayHost(context.registry)}`

const invalidError = (context: RepositoryContext, code: ErrorCode, reason: string): WindlassError =>
  new WindlassError(code, `${failedMessage(context)}: ${reason}`, {
    host: context.registry,
    hint: 'Ask who runs the registry: its answer is wrong.',
  })

const limitError = (context: RepositoryContext, reason: string, name: LimitName): WindlassError =>
  limitExceeded(`${failedMessage(context)}: ${reason}`, name, context.limits[name], {
    host: context.registry,
  })
