/**
 * Converts failures below HTTP or in its framing (name resolution, connections, TLS, timeouts) to errors with a hint.
 */
import { TimeoutError } from 'got'
import { fileLimitMeaning } from '../../system/disk-meaning.js'
import { WindlassError, type ErrorCode, type ErrorDetails } from '../../errors.js'
import { printable } from '../../codec/printable.js'
import { formatBytes, formatDuration } from '../../quantities.js'
import { addressRefusedCode, foreignHostHint } from '../policy/foreign-url.js'
import { displayHost } from '../policy/registry-name.js'
import { ProxyFailure, withProxyHint } from '../proxy/failure.js'
import { printableUrl } from '../headers/printable-url.js'
import { type Attempt, failurePrefix } from './attempt.js'
import { minBytesPerStall, type Timeouts } from '../policy/timeouts.js'
import { certificateFault, isCertificateCode } from './certificate-fault.js'

const handshakeCodes = /^(?:EPROTO|ERR_SSL_|ERR_TLS_)/
const closedCodes = /^(?:ECONNRESET|EPIPE|ECONNABORTED|ERR_HTTP_CONTENT_LENGTH_MISMATCH)$/
const noRouteCodes = /^(?:ENETUNREACH|EHOSTUNREACH|ENETDOWN|EHOSTDOWN|EADDRNOTAVAIL)$/
/** OpenSSL's messages about bytes that are not TLS. */
const notTlsMessage = /wrong.version.number|packet.length.too.long|http.request/i

/** Returns the system error code in the cause chain of an error of got; empty if there is none. */
export function systemCode(error: unknown): string {
  for (let current = error; current instanceof Error; current = current.cause)
    if ('code' in current && typeof current.code === 'string' && current.code !== 'ERR_GOT_REQUEST_ERROR')
      return current.code
  return ''
}

function proxyFailureIn(error: unknown): ProxyFailure | undefined {
  for (let current = error; current instanceof Error; current = current.cause)
    if (current instanceof ProxyFailure) return current
  return undefined
}

/** Reports whether the peer closed the connection, as happens to a reused connection that was closed just before. */
export const isConnectionClosed = (error: unknown): boolean => closedCodes.test(systemCode(error))

/**
 * Reports whether a response has both `Content-Length` and `Transfer-Encoding: chunked`, by the message of Node's
 * parser.
 */
export function hasTwoLengths(error: unknown): boolean {
  for (let current = error; current instanceof Error; current = current.cause)
    if (
      'reason' in current &&
      typeof current.reason === 'string' &&
      /can't be present with/.test(current.reason)
    )
      return true
  return false
}

/**
 * Reports whether a TLS handshake failed or the peer closed the connection. A rejected certificate does not count.
 */
export function isHandshakeFailure(error: unknown): boolean {
  const code = systemCode(error)
  return isConnectionClosed(error) || (handshakeCodes.test(code) && !isCertificateCode(code))
}

/**
 * Converts an error of got to a `WindlassError`.
 * @param received - bytes of the body received before the failure; undefined if the headers had not arrived
 */
export function failureOf(error: Error, attempt: Attempt, received?: number): WindlassError {
  const { purpose, url, proxy } = attempt
  const host = displayHost(url.host)
  const createError = (prefix: string, code: ErrorCode, why: string, details: ErrorDetails): WindlassError =>
    new WindlassError(code, `${prefix}: ${why}`, {
      host: url.host,
      url: printableUrl(url),
      cause: sanitizeError(error),
      ...details,
    })
  const errorWithProxyHint = (
    code: ErrorCode,
    why: string,
    details: ErrorDetails & { readonly hint: string },
  ): WindlassError =>
    createError(failurePrefix(attempt), code, why, { ...details, hint: withProxyHint(details.hint, proxy) })
  // For failures that the proxy cannot have caused, or that already name it.
  const errorWithoutProxyHint = (code: ErrorCode, why: string, details: ErrorDetails): WindlassError =>
    createError(failurePrefix({ purpose, url }), code, why, details)
  const code = systemCode(error)
  const afterBytes = received === undefined ? '' : ` after ${formatBytes(received)}`
  if (error instanceof TimeoutError)
    return errorWithProxyHint('NETWORK', timeoutReason(error), {
      hint: `Check that ${host} can be reached: is this machine offline, or does a firewall block the connection?`,
    })
  // A limit of this machine, independent of the host.
  const limit = fileLimitMeaning(sanitizeError(error))
  if (limit !== undefined) return errorWithoutProxyHint(limit.code, limit.says, { hint: limit.hint })
  if (code === addressRefusedCode)
    return errorWithoutProxyHint('REDIRECT_REFUSED', printable(sanitizeError(error).message), {
      hint: foreignHostHint(url.hostname),
    })
  const proxyFailure = proxyFailureIn(error)
  if (proxyFailure !== undefined) {
    const { hint, retryable, message } = proxyFailure
    return errorWithoutProxyHint('NETWORK', printable(message, 400), {
      hint: printable(hint, 400),
      retryable,
    })
  }
  if (code === 'ENOTFOUND') {
    const { why, hint } = unknownHost(url)
    return errorWithProxyHint('NETWORK', why, { hint, retryable: false })
  }
  if (code === 'EAI_AGAIN')
    return errorWithProxyHint('NETWORK', 'its address could not be looked up', { hint: offlineHint })
  if (noRouteCodes.test(code))
    return errorWithProxyHint('NETWORK', `the network cannot reach it (${code})`, { hint: offlineHint })
  if (code === 'ECONNREFUSED')
    return errorWithProxyHint('NETWORK', 'the connection was refused', {
      hint: `Is a registry running at ${host}?`,
    })
  if (isCertificateCode(code)) {
    const { why, hint } = certificateFault(code, host)
    return errorWithProxyHint('TLS', `${why} (${code})`, { hint })
  }
  if (handshakeCodes.test(code)) {
    const isPlain = notTlsMessage.test(`${code} ${error.message}`)
    return errorWithProxyHint(
      'TLS',
      isPlain ? `it does not speak TLS (${code})` : `the TLS handshake failed (${code})`,
      {
        hint: `Does ${host} speak plain HTTP? Then use --plain-http.`,
      },
    )
  }
  // A malformed body can be resumed, unlike a response that is not HTTP.
  if (code.startsWith('HPE_') && received !== undefined)
    return errorWithProxyHint('NETWORK', `the response became invalid HTTP${afterBytes} (${code})`, {
      hint: `Check the network connection to ${host}.`,
    })
  if (code.startsWith('HPE_'))
    return errorWithProxyHint('REGISTRY_RESPONSE', `the response is not valid HTTP (${code})`, {
      hint:
        url.protocol === 'http:'
          ? `Does ${host} expect HTTPS? Then leave out --plain-http.`
          : `Is ${host} a registry?`,
    })
  if (closedCodes.test(code))
    return errorWithProxyHint('NETWORK', `the connection was closed${afterBytes}`, {
      hint: `Check the network connection to ${host}.`,
    })
  return errorWithProxyHint('NETWORK', printable(`${code === '' ? error.message : code}${afterBytes}`), {
    hint: `Check the network connection to ${host}.`,
  })
}

const offlineHint = 'Is this machine offline? Check its network connection and its DNS servers.'

/** Explains that DNS does not know a host. Users do not type the host of Docker Hub, so it is not misspelled. */
const unknownHost = ({ host, hostname }: URL): { readonly why: string; readonly hint: string } =>
  displayHost(host) === host
    ? {
        why: `there is no host named "${hostname}"`,
        hint: 'Check the spelling of the name. If it is right, is this machine offline?',
      }
    : { why: 'its address could not be found', hint: offlineHint }

function timeoutReason({ event, message }: TimeoutError): string {
  const time = formatDuration(Number(/ (\d+)ms/.exec(message)?.[1] ?? 0))
  switch (event) {
    case 'lookup':
      return `its address was not found within ${time}`
    case 'connect':
      return `it accepted no connection within ${time}`
    case 'secureConnect':
      return `the TLS handshake did not complete within ${time}`
    default:
      return `timed out after ${time} (${event})`
  }
}

/** Reports whether the time for the response headers has elapsed. */
export const isResponseTimeout = (error: Error): boolean =>
  error instanceof TimeoutError && error.event === 'response'

/**
 * Returns the STALLED error for a response whose first byte did not arrive in time.
 * @param timeout - milliseconds
 * @param isRetryable - whether a retry would wait longer
 */
export function noResponseError(attempt: Attempt, timeout: number, isRetryable: boolean): WindlassError {
  const { url, proxy } = attempt
  const hint = `Is ${displayHost(url.host)} overloaded? --response-timeout sets how many seconds to wait for the first byte.`
  return new WindlassError(
    'STALLED',
    `${failurePrefix(attempt)}: no response within ${formatDuration(timeout)}`,
    {
      ...{ host: url.host, url: printableUrl(url), retryable: isRetryable },
      hint: withProxyHint(hint, proxy),
    },
  )
}

/** Returns the REGISTRY_RESPONSE error for a peer that wants to switch to another protocol. */
export const notHttpError = (attempt: Attempt): WindlassError =>
  new WindlassError(
    'REGISTRY_RESPONSE',
    `${failurePrefix(attempt)}: it asks for another protocol than HTTP`,
    {
      host: attempt.url.host,
      hint: withProxyHint(`Is ${displayHost(attempt.url.host)} a registry?`, attempt.proxy),
    },
  )

/** Returns the STALLED error for a body of which too little arrived in time, after `received` bytes. */
export function stallError(attempt: Attempt, received: number, timeouts: Timeouts): WindlassError {
  const minBytes = minBytesPerStall(timeouts)
  const amount = minBytes === 1 ? 'no data' : `less than ${formatBytes(minBytes)}`
  const hint =
    'Try again. --stall-timeout sets how long to wait, and --minimum-rate how many bytes per second are enough.'
  return new WindlassError(
    'STALLED',
    `${failurePrefix(attempt)}: ${amount} arrived for ${formatDuration(timeouts.stall)}, after ${formatBytes(received)}`,
    { host: attempt.url.host, hint: withProxyHint(hint, attempt.proxy) },
  )
}

/** Returns the STALLED error for a server that does not read the body of a request, after `sent` bytes. */
export const notAcceptedError = (attempt: Attempt, sent: number, { stall }: Timeouts): WindlassError =>
  new WindlassError(
    'STALLED',
    `${failurePrefix(attempt)}: no data was accepted for ${formatDuration(stall)}, after ${formatBytes(sent)}`,
    {
      host: attempt.url.host,
      hint: withProxyHint('Try again. --stall-timeout sets how long to wait.', attempt.proxy),
    },
  )

/** Returns the cause without the fields of got, which contain request headers and thus credentials. */
function sanitizeError(error: Error): Error {
  const root = error.cause instanceof Error ? error.cause : error
  const cause = new Error(printable(root.message))
  return Object.assign(cause, { code: systemCode(error) })
}
