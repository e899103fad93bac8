/** An answer that is not what was asked for, as the error that it means. */
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

export interface RefusalContext {
  readonly purpose: string
  readonly secrets: Secrets
  /** What a 404 means where its body does not say. */
  readonly missing: ErrorCode
  /** Milliseconds for reading the body. */
  readonly deadline: number
  /** As much of it is read. */
  readonly maxBytes: number
  /** What to do next, by what the answer turns out to mean. */
  readonly hints?: Partial<Record<ErrorCode, string>>
  readonly subject?: ErrorSubject
  /** Who answers (`registry`): of a token server, an empty 404 says nothing about the registry protocol. */
  readonly server?: 'registry' | 'token server'
}

/** `hint()` for both answers that refuse access. */
export function accessHints(hint: () => string): Partial<Record<ErrorCode, string>> {
  const text = hint()
  return { UNAUTHORIZED: text, DENIED: text }
}

/**
 * Reads the start of the body of `answer` and closes it. Never throws. Of a body that is longer than `errorBytes` nothing is
 * told but that: a part of a JSON text is none.
 */
export async function refusal(response: Response, context: RefusalContext): Promise<WindlassError> {
  return (await explained(response, context)).error
}

/** The same, and the code that the registry gave: empty where there is none. */
export async function explained(
  response: Response,
  context: RefusalContext,
): Promise<{ readonly error: WindlassError; readonly problem: string }> {
  const { purpose, secrets, subject, maxBytes } = context
  const { url, status, forwardedBy } = response
  const { bytes, cut } = await readStart(response, context)
  const problem = parseProblem(bytes)
  const words = cut
    ? `what it says of it is longer than errorBytes allows (${maxBytes})`
    : [problem.code, printable(secrets.conceal(problem.message, response), 300)]
        .filter((part) => part !== '')
        .join(': ')
  const code = codeOf(response, problem, context.missing)
  const wait = code === 'TOO_MANY_REQUESTS' || code === 'REGISTRY_UNAVAILABLE' ? waitOf(response) : undefined
  const isRegistry = context.server !== 'token server'
  const usual = isRegistry && saysNothing(response, problem) ? versionHint(url) : context.hints?.[code]
  const said = wait?.hint ?? (cut ? raiseHint('errorBytes') : usual)
  const hint = mayBeTheProxys(response)
    ? withProxyHint(said ?? `The proxy or ${url.host} may be at fault`, forwardedBy)
    : said
  const error = new WindlassError(
    code,
    `Unexpected HTTP response '${status}' when trying to ${purpose} from ${url.host}${throughProxy(forwardedBy)}${words === '' ? '' : `: ${words}`}`,
    {
      host: url.host,
      url: printableUrl(url),
      status,
      ...subject,
      ...(wait === undefined ? {} : { retryAfter: wait.retryAfter, retryable: wait.retryable }),
      ...(hint === undefined ? {} : { hint }),
    },
  )
  return { error, problem: problem.code }
}

/** A 404 that is no registry's: what old registries, and servers that are none, answer to all of version 2. */
const saysNothing = ({ status, headers }: Response, { code, message }: Problem): boolean =>
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
  // 408 and 423 pass, as 5xx do; 501 and 505 will not.
  if (status === 408 || status === 423) return 'REGISTRY_UNAVAILABLE'
  if (status >= 500 && status !== 501 && status !== 505) return 'REGISTRY_UNAVAILABLE'
  return 'REGISTRY_RESPONSE'
}

/** Whether a proxy that passes plain HTTP on may have answered in the host's place, as gateways do, and Squid says. */
const mayBeTheProxys = ({ status, headers, forwardedBy }: Response): boolean =>
  forwardedBy !== undefined && (status >= 500 || headers['x-squid-error'] !== undefined)

interface Wait {
  readonly retryAfter: number
  readonly retryable: boolean
  readonly hint: string
}

/** What `Retry-After` asks for, honoured up to a cap; beyond it the error says so and nobody sleeps. */
function waitOf({ headers, url }: Response): Wait | undefined {
  const retryAfter = parseRetryAfter(headers['retry-after'])
  if (retryAfter === undefined) return undefined
  const hint = `${url.host} asks to be left alone for ${Math.round(retryAfter / 1000)} s`
  return { retryAfter, retryable: retryAfter <= longestRetryAfter, hint }
}
