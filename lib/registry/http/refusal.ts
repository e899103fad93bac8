/** Converts HTTP responses with an error status to errors. */
import { WindlassError, type ErrorCode, type ErrorSubject } from '../../errors.js'
import { raiseHint } from '../../limits.js'
import { printable } from '../../codec/printable.js'
import { parseChallenges } from '../headers/challenge.js'
import type { Response } from './connections.js'
import { readStart } from './document.js'
import { printableUrl } from '../headers/printable-url.js'
import { parseProblem, type Problem } from './problem.js'
import { longestRetryAfter, parseRetryAfter } from '../headers/retry-after.js'
import { throughProxy, withProxyHint } from '../proxy/failure.js'
import type { Secrets } from '../policy/secrets.js'

/** Settings for interpreting an error response. */
export interface RefusalContext {
  readonly purpose: string
  readonly secrets: Secrets
  /** Meaning of a 404 response without a code. */
  readonly missing: ErrorCode
  /** Milliseconds for reading the body. */
  readonly deadline: number
  /** Maximum number of bytes read from the body. */
  readonly maxBytes: number
  /** Hints by the code of the error. */
  readonly hints?: Partial<Record<ErrorCode, string>>
  readonly subject?: ErrorSubject
  /** Kind of server (default `registry`). An empty 404 of a token server says nothing about the registry protocol. */
  readonly server?: 'registry' | 'token server'
}

/** Returns the hints for the two codes that refuse access. */
export function accessHints(hint: () => string): Partial<Record<ErrorCode, string>> {
  const text = hint()
  return { UNAUTHORIZED: text, DENIED: text }
}

/**
 * Reads the start of the response body, closes it and returns the error. Never throws. The content of a body longer
 * than `maxBytes` is not reported, since truncated JSON cannot be parsed.
 */
export async function refusal(response: Response, context: RefusalContext): Promise<WindlassError> {
  return (await explained(response, context)).error
}

/** An error response, explained. */
export interface Explained {
  readonly error: WindlassError
  /** The code in the body, in upper case; empty if there is none. */
  readonly problem: string
  /** Code and message in the body, safe to print; empty if there are none. */
  readonly details: string
}

/** Like `refusal`, and also returns what the body says. */
export async function explained(response: Response, context: RefusalContext): Promise<Explained> {
  const { purpose, secrets, subject, maxBytes } = context
  const { url, status, forwardedBy } = response
  const { bytes, cut } = await readStart(response, context)
  const problem = parseProblem(bytes)
  const details = cut
    ? `what it says of it is longer than errorBytes allows (${maxBytes})`
    : [problem.code, printable(secrets.conceal(problem.message, response), 300)]
        .filter((part) => part !== '')
        .join(': ')
  const code = codeOf(response, problem, context.missing)
  const delay =
    code === 'TOO_MANY_REQUESTS' || code === 'REGISTRY_UNAVAILABLE' ? retryDelay(response) : undefined
  const isRegistry = context.server !== 'token server'
  const defaultHint =
    isRegistry && isUnknownProtocol(response, problem) ? versionHint(url) : context.hints?.[code]
  const hintText = delay?.hint ?? (cut ? raiseHint('errorBytes') : defaultHint)
  const hint = mayComeFromProxy(response)
    ? withProxyHint(hintText ?? `The proxy or ${url.host} may be at fault`, forwardedBy)
    : hintText
  const error = new WindlassError(
    code,
    `Unexpected HTTP response '${status}' when trying to ${purpose} from ${url.host}${throughProxy(forwardedBy)}${details === '' ? '' : `: ${details}`}`,
    {
      host: url.host,
      url: printableUrl(url),
      status,
      ...subject,
      ...(delay === undefined ? {} : { retryAfter: delay.retryAfter, retryable: delay.retryable }),
      ...(hint === undefined ? {} : { hint }),
    },
  )
  return { error, problem: problem.code, details }
}

/**
 * Reports whether a 404 does not come from a registry of version 2. Old registries and other servers send it for
 * every path.
 */
const isUnknownProtocol = ({ status, headers }: Response, { code, message }: Problem): boolean =>
  status === 404 && code === '' && message === '' && headers['docker-distribution-api-version'] === undefined

const versionHint = ({ host }: URL): string =>
  `${host} may not speak version 2 of the registry protocol, and version 1 is not supported`

function codeOf({ status, headers }: Response, { code }: Problem, missing: ErrorCode): ErrorCode {
  if (status === 401) {
    const challenges = parseChallenges(headers['www-authenticate'])
    const insufficient = challenges.some(({ parameters }) => parameters.get('error') === 'insufficient_scope')
    return insufficient || code === 'DENIED' ? 'DENIED' : 'UNAUTHORIZED'
  }
  if (status === 403) return 'DENIED'
  if (status === 404) return code === 'NAME_UNKNOWN' || code === 'NAME_INVALID' ? 'NAME_UNKNOWN' : missing
  if (status === 429) return 'TOO_MANY_REQUESTS'
  // 408 and 423 are temporary, like 5xx; 501 and 505 are not.
  if (status === 408 || status === 423) return 'REGISTRY_UNAVAILABLE'
  if (status >= 500 && status !== 501 && status !== 505) return 'REGISTRY_UNAVAILABLE'
  return 'REGISTRY_RESPONSE'
}

/**
 * Reports whether a proxy that forwarded plain HTTP may have created the response: a gateway error, or the header of
 * Squid.
 */
const mayComeFromProxy = ({ status, headers, forwardedBy }: Response): boolean =>
  forwardedBy !== undefined && (status >= 500 || headers['x-squid-error'] !== undefined)

interface Wait {
  readonly retryAfter: number
  readonly retryable: boolean
  readonly hint: string
}

/** Returns the delay requested by `Retry-After`. A delay beyond the maximum is an error instead of a wait. */
function retryDelay({ headers, url }: Response): Wait | undefined {
  const retryAfter = parseRetryAfter(headers['retry-after'])
  if (retryAfter === undefined) return undefined
  const hint = `${url.host} asks to be left alone for ${Math.round(retryAfter / 1000)} s`
  return { retryAfter, retryable: retryAfter <= longestRetryAfter, hint }
}
