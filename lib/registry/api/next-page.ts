/** Finds the next page of a list: of tags or of referrers. */
import type { ErrorCode, WindlassError } from '../../errors.js'
import { UnreadableLink, nextLink } from '../headers/link.js'
import { resolveLocation } from '../headers/location.js'
import type { FinalResponse } from '../http/redirects.js'

/**
 * Returns the path and query of the next page, or undefined after the last. A registry behind a proxy may state a
 * scheme, host or port that only it knows: that part is ignored, so that credentials go to no other host.
 * @param toError - returns the error for a code and a reason
 * @throws the result of `toError`: REDIRECT_REFUSED if the link is not http or https, REGISTRY_RESPONSE if it cannot be
 *   parsed
 */
export function nextPage(
  response: FinalResponse,
  toError: (code: ErrorCode, reason: string) => WindlassError,
): string | undefined {
  const link = readLink(response, toError)
  if (link === undefined) return undefined
  const next = resolveLocation(link, response)
  if (next !== undefined) return next.target
  const text = Buffer.from(link, 'latin1').toString('utf8')
  throw URL.canParse(text, response.url.href)
    ? toError('REDIRECT_REFUSED', 'the link to the next page is not an http or https URL')
    : toError('REGISTRY_RESPONSE', 'the link to the next page is not a URL')
}

function readLink(
  { headers }: FinalResponse,
  toError: (code: ErrorCode, reason: string) => WindlassError,
): string | undefined {
  try {
    return nextLink(headers.link)
  } catch (error) {
    if (!(error instanceof UnreadableLink)) throw error
    throw toError('REGISTRY_RESPONSE', `the Link header cannot be parsed: ${error.message}`)
  }
}
