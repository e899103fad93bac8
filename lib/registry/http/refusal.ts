/** Converts HTTP responses with an error status to errors. */
import { STATUS_CODES } from 'node:http'
import { WindlassError, type ErrorCode, type ErrorSubject, type FaultySide } from '../../errors.js'
import { formatLimit, raiseHint } from '../../limits.js'
import { printable } from '../../codec/printable.js'
import { formatDuration } from '../../quantities.js'
import type { AccessHelp } from '../policy/access-help.js'
import { parseChallenges } from '../headers/challenge.js'
import type { Response } from './connections.js'
import { type Attempt, failurePrefix } from './attempt.js'
import { readBodyStart } from './document.js'
import { printableUrl } from '../headers/printable-url.js'
import { parseProblem, type Problem } from './problem.js'
import { maxRetryAfter, parseRetryAfter } from '../headers/retry-after.js'
import { displayHost } from '../policy/registry-name.js'
import { proxySuffix, withProxyHint } from '../proxy/failure.js'
import type { Secrets } from '../policy/secrets.js'

/** Settings for interpreting an error response. */
export interface RefusalContext extends Pick<Attempt, 'purpose' | 'preposition'> {
  readonly secrets: Secrets
  /** Error code for a 404 response, unless the body says that the name is unknown or invalid. */
  readonly notFoundCode: ErrorCode
  /** Names of what a 404 response says is missing, by the code of the error. Each text completes “HOST has no …”. */
  readonly notFoundNames?: Partial<Record<ErrorCode, string>>
  /** Milliseconds for reading the body. What arrives later is ignored. */
  readonly timeout: number
  /** Maximum number of bytes read from the body. */
  readonly maxBytes: number
  /** Hints by the code of the error. */
  readonly hints?: Partial<Record<ErrorCode, string>>
  /** Name of what was requested, for the message about a 401 or 403 response. Default: the repository. */
  readonly requestedName?: string
  /**
   * Explains a 401 or 403 response, and is called only for one. Undefined for a host that receives no login.
   */
  readonly help?: () => AccessHelp
  readonly subject?: ErrorSubject
  /**
   * Kind of server (default `registry`). Only an empty 404 of a registry gets the hint about the version of the
   * protocol.
   */
  readonly server?: 'registry' | 'token server'
}

/**
 * Reads the start of the response body, closes it and returns the error. Never throws. The content of a body longer
 * than `maxBytes` is not reported, since truncated JSON cannot be parsed.
 */
export async function refusalError(response: Response, context: RefusalContext): Promise<WindlassError> {
  return (await explainRefusal(response, context)).error
}

/** An error response, explained. */
export interface ExplainedRefusal {
  readonly error: WindlassError
  /** The code in the body, in upper case; empty if there is none. */
  readonly registryCode: string
  /**
   * Code and message in the body, safe to print; empty if there are none. For a body that is too long, a note that says
   * so.
   */
  readonly details: string
}

/** Like `refusalError`, and also returns what the body says. */
export async function explainRefusal(response: Response, context: RefusalContext): Promise<ExplainedRefusal> {
  const { secrets, subject, maxBytes } = context
  const { url, status, forwardedBy } = response
  const { bytes, isTruncated } = await readBodyStart(response, context)
  const problem = parseProblem(bytes)
  const code = codeOf(response, problem, context.notFoundCode)
  const help = context.help?.()
  const delay = temporaryCodes.has(code) ? retryDelay(response) : undefined
  const { text, explainsStatus } = messageOf(response, code, help, context)
  const explain = (isStatusExplained: boolean): string =>
    isTruncated
      ? `its explanation is longer than the limit ${formatLimit('errorBytes', maxBytes)}`
      : explanationOf(problem, printable(secrets.conceal(problem.message, response), 300), isStatusExplained)
  const details = explain(explainsStatus)
  const ownHint = isTruncated
    ? raiseHint('errorBytes')
    : hintOf(response, { problem, code, help, context, bytes })
  const hintText = delay?.hint ?? ownHint
  const hint = mayComeFromProxy(response)
    ? withProxyHint(hintText ?? `The proxy or ${displayHost(url.host)} may be at fault.`, forwardedBy)
    : hintText
  const error = new WindlassError(code, `${text}${details === '' ? '' : `: ${details}`}`, {
    host: url.host,
    url: printableUrl(url),
    status,
    ...subject,
    faultySide: faultySideOf(response),
    ...(delay === undefined ? {} : { retryAfter: delay.retryAfter, retryable: delay.retryable }),
    ...(hint === undefined ? {} : { hint }),
  })
  // The caller gets the registry's own words, also those that the message leaves out.
  return { error, registryCode: problem.code, details: explain(false) }
}

/**
 * Returns who failed, as Dragonfly's proxy says (`X-Dragonfly-Error-Type`): the registry behind it (`backend`), the proxy
 * (`proxy`), or the daemon that fetches from peers (`dfdaemon`).
 *
 * Source: dragonflyoss/client, dragonfly-client/src/proxy.
 */
function faultySideOf({ headers }: Response): FaultySide | undefined {
  const type = headers['x-dragonfly-error-type']
  if (type === 'backend') return 'upstream'
  return type === 'proxy' || type === 'dfdaemon' ? 'proxy' : undefined
}

const temporaryCodes: ReadonlySet<ErrorCode> = new Set(['TOO_MANY_REQUESTS', 'REGISTRY_UNAVAILABLE'])

/**
 * Returns the message without the registry's explanation. `explainsStatus` reports whether the text says what
 * the status means, instead of only giving its number.
 */
function messageOf(
  { url, status, forwardedBy }: Response,
  code: ErrorCode,
  help: AccessHelp | undefined,
  { purpose, preposition, notFoundNames, requestedName }: RefusalContext,
): { readonly text: string; readonly explainsStatus: boolean } {
  const host = `${displayHost(url.host)}${proxySuffix(forwardedBy)}`
  const notFoundName = status === 404 ? notFoundNames?.[code] : undefined
  if (notFoundName !== undefined) return { text: `${host} has no ${notFoundName}`, explainsStatus: true }
  const refused =
    code === 'UNAUTHORIZED' || code === 'DENIED' ? help?.message(host, code, requestedName) : undefined
  if (refused !== undefined) return { text: refused, explainsStatus: true }
  const failed = failurePrefix({ purpose, url, proxy: forwardedBy, ...(preposition && { preposition }) })
  if (code === 'TOO_MANY_REQUESTS')
    return { text: `${failed}: too many requests (HTTP ${status})`, explainsStatus: true }
  const name = STATUS_CODES[status]
  return { text: `${failed}: HTTP ${status}${name === undefined ? '' : ` (${name})`}`, explainsStatus: false }
}

/** Default messages of registries, in lower case. They add nothing to a message that says what the status means. */
const defaultMessages: ReadonlySet<string> = new Set([
  ...['manifest unknown', 'manifest not found', 'manifest unknown to registry'],
  ...['repository name not known to registry', 'name unknown', 'repository not found'],
  ...['blob unknown to registry', 'blob unknown', 'blob not found', 'not found'],
  ...['authentication required', 'unauthorized', 'unauthorized: authentication required'],
  ...['requested access to the resource is denied', 'access denied', 'denied', 'forbidden'],
  ...['too many requests', 'toomanyrequests: too many requests'],
])

/** Returns the registry's own explanation, or an empty text if it adds nothing to the text of `messageOf`. */
function explanationOf({ code }: Problem, message: string, explainsStatus: boolean): string {
  if (!explainsStatus) return [code, message].filter((part) => part !== '').join(': ')
  return defaultMessages.has(message.trim().toLowerCase()) ? '' : message
}

interface RefusalFacts {
  readonly problem: Problem
  readonly code: ErrorCode
  readonly help: AccessHelp | undefined
  readonly context: RefusalContext
  /** Start of the body. */
  readonly bytes: Buffer
}

function hintOf(response: Response, facts: RefusalFacts): string | undefined {
  const { problem, code, help, context, bytes } = facts
  const { url, status } = response
  const host = displayHost(url.host)
  if (status === 511) return 'This network requires a login (a captive portal): open a page in a browser.'
  if (wantsTls(status, bytes)) return `${host} expects HTTPS: leave out --plain-http.`
  if (context.server !== 'token server' && isUnknownProtocol(response, problem))
    return `Check the name, and that ${host} is a registry of protocol version 2: version 1 is not supported.`
  const own = context.hints?.[code]
  if (own !== undefined) return own
  switch (code) {
    case 'UNAUTHORIZED':
    case 'DENIED':
      return help?.hint
    case 'NAME_UNKNOWN':
      return ['Check the spelling of the name.', ...(help?.loginHint ?? [])].join(' ')
    case 'TOO_MANY_REQUESTS':
      return ['Try again later.', ...(help?.rateLimitHint ?? [])].join(' ')
    case 'REGISTRY_UNAVAILABLE':
      return 'Try again later.'
    default:
      return undefined
  }
}

/** Reports whether a TLS port has received plain HTTP, by the text that Go and nginx servers send. */
export const wantsTls = (status: number, body: Buffer): boolean =>
  status === 400 && /HTTP request to an HTTPS server|HTTPS port/i.test(body.toString('latin1'))

/**
 * Reports whether a 404 looks like it comes from a server without version 2 of the protocol: without an error in the
 * body and without the version header. Such servers send it for every path.
 */
const isUnknownProtocol = ({ status, headers }: Response, { code, message }: Problem): boolean =>
  status === 404 && code === '' && message === '' && headers['docker-distribution-api-version'] === undefined

function codeOf({ status, headers }: Response, { code }: Problem, notFoundCode: ErrorCode): ErrorCode {
  if (status === 401) {
    const challenges = parseChallenges(headers['www-authenticate'])
    const insufficient = challenges.some(({ parameters }) => parameters.get('error') === 'insufficient_scope')
    return insufficient || code === 'DENIED' ? 'DENIED' : 'UNAUTHORIZED'
  }
  if (status === 403) return 'DENIED'
  if (status === 404)
    return code === 'NAME_UNKNOWN' || code === 'NAME_INVALID' ? 'NAME_UNKNOWN' : notFoundCode
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

interface RetryDelay {
  readonly retryAfter: number
  readonly retryable: boolean
  readonly hint: string
}

/** Returns the delay requested by `Retry-After`. A delay beyond the maximum is returned with `retryable` false. */
function retryDelay({ headers, url }: Response): RetryDelay | undefined {
  const retryAfter = parseRetryAfter(headers['retry-after'])
  if (retryAfter === undefined) return undefined
  const wait = formatDuration(Math.ceil(retryAfter / 1000) * 1000)
  const hint = `Try again in ${wait}: ${displayHost(url.host)} accepts no requests before that.`
  return { retryAfter, retryable: retryAfter <= maxRetryAfter, hint }
}
