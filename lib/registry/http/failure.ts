/** What went wrong below HTTP, or in its framing (names, connections, TLS, time) as an error that says what to do about it. */
import { TimeoutError } from 'got'
import { fileLimitMeaning } from '../../system/disk-meaning.js'
import { WindlassError, type ErrorCode, type ErrorDetails } from '../../errors.js'
import { printable } from '../../codec/printable.js'
import { addressRefused, hintFor } from '../policy/foreign-url.js'
import type { Proxy } from '../proxy/proxy.js'
import { ProxyFailure, throughProxy, withProxyHint } from '../proxy/failure.js'
import { printableUrl } from '../headers/printable-url.js'

/** What was being done, for messages: `purpose` completes "Failed to …" and "… when trying to …". */
export interface Attempt {
  readonly purpose: string
  readonly url: URL
  /** That the request went through. */
  readonly proxy?: Proxy | undefined
}

const certificate =
  /^(?:CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED|ERR_TLS_CERT)/
const handshake = /^(?:EPROTO|ERR_SSL_|ERR_TLS_)/
const broken = /^(?:ECONNRESET|EPIPE|ECONNABORTED|ERR_HTTP_CONTENT_LENGTH_MISMATCH)$/

/** The system's code of an error that got wraps. */
export function systemCode(error: unknown): string {
  for (let each = error; each instanceof Error; each = each.cause)
    if ('code' in each && typeof each.code === 'string' && each.code !== 'ERR_GOT_REQUEST_ERROR')
      return each.code
  return ''
}

function proxyFailureIn(error: unknown): ProxyFailure | undefined {
  for (let each = error; each instanceof Error; each = each.cause)
    if (each instanceof ProxyFailure) return each
  return undefined
}

/** Whether the peer hung up: what a kept connection does that was closed just before it was used again. */
export const isBroken = (error: unknown): boolean => broken.test(systemCode(error))

/** Whether an answer has a `Content-Length` beside `Transfer-Encoding: chunked`, by the words of Node's parser. */
export function hasTwoLengths(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause)
    if ('reason' in each && typeof each.reason === 'string' && /can't be present with/.test(each.reason))
      return true
  return false
}

/** Whether no TLS could be spoken at all, or the peer hung up on it: not that its certificate was wrong. */
export function isHandshake(error: unknown): boolean {
  const code = systemCode(error)
  return isBroken(error) || (handshake.test(code) && !certificate.test(code))
}

/** @param received - bytes of the body that had come */
export function failureOf(error: Error, { purpose, url, proxy }: Attempt, received?: number): WindlassError {
  const failAt = (where: string, code: ErrorCode, why: string, details: ErrorDetails): WindlassError =>
    new WindlassError(code, `Failed to ${purpose} from ${where}: ${why}`, {
      host: url.host,
      url: printableUrl(url),
      cause: plain(error),
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
  const so = received === undefined ? '' : ` after ${received} bytes`
  if (error instanceof TimeoutError)
    return fail('NETWORK', `timed out (${error.event})`, {
      hint: `Check that ${url.host} can be reached from here`,
    })
  // Of this machine, whoever was to be reached.
  const limit = fileLimitMeaning(plain(error))
  if (limit !== undefined) return failAt(url.host, limit.code, limit.says, { hint: limit.hint })
  if (code === addressRefused)
    return failAt(url.host, 'REDIRECT_REFUSED', printable(plain(error).message), {
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
  // A body that goes wrong on its way is no reason not to ask for the rest of it.
  if (code.startsWith('HPE_') && received !== undefined)
    return fail('NETWORK', `the transfer was garbled${so} (${code})`, {
      hint: `Check the connection to ${url.host}${proxy === undefined ? ', and any proxy between' : ''}`,
    })
  if (code.startsWith('HPE_'))
    return fail('REGISTRY_RESPONSE', `the answer is not HTTP (${code})`, {
      hint: url.protocol === 'http:' ? `Does ${url.host} speak HTTPS?` : `Is ${url.host} a registry?`,
    })
  if (broken.test(code))
    return fail('NETWORK', `the connection was broken${so}`, { hint: `Check the connection to ${url.host}` })
  return fail('NETWORK', printable(`${code === '' ? error.message : code}${so}`), {
    hint: `Check the connection to ${url.host}`,
  })
}

/** Whether no byte of the answer's headers came in the time that was given to it. */
export const isSilence = (error: Error): boolean =>
  error instanceof TimeoutError && error.event === 'response'

/**
 * The first byte of an answer was waited for in vain.
 * @param waited - milliseconds
 * @param again - whether another try would wait longer
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

/** The cause without got's fields: those hold the request's headers, and with them the credentials. */
function plain(error: Error): Error {
  const root = error.cause instanceof Error ? error.cause : error
  const cause = new Error(printable(root.message))
  return Object.assign(cause, { code: systemCode(error) })
}
