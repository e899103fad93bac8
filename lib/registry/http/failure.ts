/**
 * Converts failures below HTTP or in its framing (name resolution, connections, TLS, timeouts) to errors with a hint.
 */
import { TimeoutError } from 'got'
import { fileLimitMeaning } from '../../system/disk-meaning.js'
import { WindlassError, type ErrorCode, type ErrorDetails } from '../../errors.js'
import { printable } from '../../codec/printable.js'
import { addressRefused, hintFor } from '../policy/foreign-url.js'
import type { Proxy } from '../proxy/proxy.js'
import { ProxyFailure, throughProxy, withProxyHint } from '../proxy/failure.js'
import { printableUrl } from '../headers/printable-url.js'
import { minBytesPerStall, type Timeouts } from '../policy/timeouts.js'

/** A request, for messages. `purpose` completes "Failed to …" and "… when trying to …". */
export interface Attempt {
  readonly purpose: string
  readonly url: URL
  /** The proxy of the request, if any. */
  readonly proxy?: Proxy | undefined
}

const certificate =
  /^(?:CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED|ERR_TLS_CERT)/
const handshake = /^(?:EPROTO|ERR_SSL_|ERR_TLS_)/
const broken = /^(?:ECONNRESET|EPIPE|ECONNABORTED|ERR_HTTP_CONTENT_LENGTH_MISMATCH)$/

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
export const isBroken = (error: unknown): boolean => broken.test(systemCode(error))

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
export function isHandshake(error: unknown): boolean {
  const code = systemCode(error)
  return isBroken(error) || (handshake.test(code) && !certificate.test(code))
}

/**
 * Converts an error of got to a `WindlassError`.
 * @param received - bytes of the body received before the failure; undefined if the headers had not arrived
 */
export function failureOf(error: Error, { purpose, url, proxy }: Attempt, received?: number): WindlassError {
  const failAt = (where: string, code: ErrorCode, why: string, details: ErrorDetails): WindlassError =>
    new WindlassError(code, `Failed to ${purpose} from ${where}: ${why}`, {
      host: url.host,
      url: printableUrl(url),
      cause: sanitized(error),
      ...details,
    })
  const fail = (
    code: ErrorCode,
    why: string,
    details: ErrorDetails & { readonly hint: string },
  ): WindlassError =>
    failAt(`${url.host}${throughProxy(proxy)}`, code, why, {
      ...details,
      hint: withProxyHint(details.hint, proxy),
    })
  const code = systemCode(error)
  const afterBytes = received === undefined ? '' : ` after ${received} bytes`
  if (error instanceof TimeoutError)
    return fail('NETWORK', `timed out (${error.event})`, {
      hint: `Check that ${url.host} can be reached from here`,
    })
  // A limit of this machine, independent of the host.
  const limit = fileLimitMeaning(sanitized(error))
  if (limit !== undefined) return failAt(url.host, limit.code, limit.says, { hint: limit.hint })
  if (code === addressRefused)
    return failAt(url.host, 'REDIRECT_REFUSED', printable(sanitized(error).message), {
      hint: hintFor(url.hostname),
    })
  const atProxy = proxyFailureIn(error)
  if (atProxy !== undefined) {
    const { hint, retryable, message } = atProxy
    return failAt(url.host, 'NETWORK', printable(message, 400), { hint: printable(hint, 400), retryable })
  }
  if (code === 'ENOTFOUND')
    return fail('NETWORK', 'there is no host of that name', {
      retryable: false,
      hint: `Check the registry's name, '${url.hostname}', and the name servers`,
    })
  if (code === 'EAI_AGAIN')
    return fail('NETWORK', 'its name could not be resolved', {
      hint: 'Check the network and the name servers',
    })
  if (code === 'ECONNREFUSED')
    return fail('NETWORK', 'the connection was refused', { hint: `Is a registry listening at ${url.host}?` })
  if (certificate.test(code))
    return fail('TLS', `its certificate is not trusted (${code})`, {
      hint: `If ${url.host} has a certificate of its own authority, name that with --ca FILE`,
    })
  if (handshake.test(code))
    return fail('TLS', `no TLS connection could be made (${code})`, {
      hint: `If ${url.host} speaks plain HTTP, say so with --plain-http`,
    })
  // A malformed body can be resumed, unlike a response that is not HTTP.
  if (code.startsWith('HPE_') && received !== undefined)
    return fail('NETWORK', `the transfer was garbled${afterBytes} (${code})`, {
      hint: `Check the connection to ${url.host}${proxy === undefined ? ', and any proxy between' : ''}`,
    })
  if (code.startsWith('HPE_'))
    return fail('REGISTRY_RESPONSE', `the answer is not HTTP (${code})`, {
      hint: url.protocol === 'http:' ? `Does ${url.host} speak HTTPS?` : `Is ${url.host} a registry?`,
    })
  if (broken.test(code))
    return fail('NETWORK', `the connection was broken${afterBytes}`, {
      hint: `Check the connection to ${url.host}`,
    })
  return fail('NETWORK', printable(`${code === '' ? error.message : code}${afterBytes}`), {
    hint: `Check the connection to ${url.host}`,
  })
}

/** Reports whether the time for the response headers has elapsed. */
export const isSilence = (error: Error): boolean =>
  error instanceof TimeoutError && error.event === 'response'

/**
 * Returns the STALLED error for a response whose first byte did not arrive in time.
 * @param waited - milliseconds
 * @param again - whether a retry would wait longer
 */
export function silence({ purpose, url, proxy }: Attempt, waited: number, again: boolean): WindlassError {
  return new WindlassError(
    'STALLED',
    `Failed to ${purpose} from ${url.host}${throughProxy(proxy)}: nothing came in ${waited / 1000} s`,
    {
      host: url.host,
      url: printableUrl(url),
      retryable: again,
      hint: withProxyHint(
        `Is ${url.host} overloaded? --response-timeout sets how many seconds its first byte is waited for, at first`,
        proxy,
      ),
    },
  )
}

/** Returns the REGISTRY_RESPONSE error for a peer that wants to switch to another protocol. */
export const notHttp = ({ purpose, url, proxy }: Attempt): WindlassError =>
  new WindlassError(
    'REGISTRY_RESPONSE',
    `Failed to ${purpose} from ${url.host}${throughProxy(proxy)}: it wants to go on in another protocol than HTTP`,
    { host: url.host, hint: withProxyHint(`Is ${url.host} a registry?`, proxy) },
  )

/** Returns the STALLED error for a body of which too little arrived in time, after `received` bytes. */
export function stalled(
  { purpose, url, proxy }: Attempt,
  received: number,
  timeouts: Timeouts,
): WindlassError {
  const minBytes = minBytesPerStall(timeouts)
  const amount = minBytes === 1 ? 'nothing more' : `fewer than ${minBytes} bytes`
  return new WindlassError(
    'STALLED',
    `Failed to ${purpose} from ${url.host}${throughProxy(proxy)}: ${amount} came in ${timeouts.stall / 1000} s, after ${received} bytes`,
    {
      host: url.host,
      hint: withProxyHint(
        'The rest may come with another try; --stall-timeout and --minimum-rate set how long to wait for how much',
        proxy,
      ),
    },
  )
}

/** Returns the STALLED error for a server that does not read the body of a request, after `sent` bytes. */
export const notTaken = (
  { purpose, url, proxy }: Attempt,
  sent: number,
  { stall }: Timeouts,
): WindlassError =>
  new WindlassError(
    'STALLED',
    `Failed to ${purpose}: ${url.host}${throughProxy(proxy)} took nothing more in ${stall / 1000} s, after ${sent} bytes`,
    {
      host: url.host,
      hint: withProxyHint('Another try may succeed; --stall-timeout sets how long to wait', proxy),
    },
  )

/** Returns the cause without the fields of got, which contain request headers and thus credentials. */
function sanitized(error: Error): Error {
  const root = error.cause instanceof Error ? error.cause : error
  const cause = new Error(printable(root.message))
  return Object.assign(cause, { code: systemCode(error) })
}
