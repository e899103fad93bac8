/**
 * Determines whether a registry uses plain HTTP or TLS. On a loopback address, it tries plain HTTP first, without
 * credentials. If the response is not HTTP, the connection is closed, or the server asks for HTTPS, TLS is tried with
 * certificate verification. A registry that the user allows to use plain HTTP is tried with TLS first.
 */
import { WindlassError } from '../../errors.js'
import { connectPurpose } from './attempt.js'
import type { Channel } from './channel.js'
import type { Connections, Request } from './connections.js'
import { discard } from './discard.js'
import { readBodyStart } from './document.js'
import { apiUrl, type Endpoint } from '../policy/endpoint.js'
import { isConnectionClosed, isHandshakeFailure, systemCode } from './failure.js'
import { wantsTls } from './refusal.js'

/** What `detectBaseUrl` sends its requests with. */
interface DetectOptions {
  readonly signal: AbortSignal
  /** Connections to the host, if they differ from those to others. */
  readonly channel?: Channel | undefined
}

/**
 * Returns the base URL of the registry with its scheme.
 * @throws network errors; an unreachable host on a loopback address is not tried with TLS
 */
export function detectBaseUrl(
  connections: Connections,
  { base, scheme }: Endpoint,
  options: DetectOptions,
): Promise<URL> {
  const detect = scheme === 'tls-first' ? detectTlsFirst : detectPlainFirst
  return detect(connections, base, { purpose: connectPurpose, ...options })
}

type Send = Pick<Request, 'purpose' | 'signal' | 'channel'>

async function detectTlsFirst(connections: Connections, base: URL, send: Send): Promise<URL> {
  try {
    return await trySecure(connections, base, send)
  } catch (error) {
    if (!(error instanceof WindlassError) || error.code === 'CANCELLED') throw error
    // If neither works, the error of TLS is the one to report.
    const plain = withScheme('http', base)
    const isWrong = await asksForTls(connections, plain, send).catch((plainError: unknown) => {
      throw plainError instanceof WindlassError && plainError.code === 'CANCELLED' ? plainError : error
    })
    if (isWrong) throw error
    return plain
  }
}

async function detectPlainFirst(connections: Connections, base: URL, send: Send): Promise<URL> {
  const tryTls = (): Promise<URL> => trySecure(connections, base, send)
  try {
    return (await asksForTls(connections, base, send)) ? await tryTls() : base
  } catch (error) {
    if (!(error instanceof WindlassError) || !mayUseTls(error)) throw error
    return await tryTls().catch((tlsError: unknown) => {
      // If the peer closed the first connection and does not support TLS, it is probably starting or stopping.
      const isNoTls = tlsError instanceof WindlassError && isHandshakeFailure(tlsError.cause)
      throw isNoTls && error.retryable ? error : tlsError
    })
  }
}

async function trySecure(connections: Connections, base: URL, send: Send): Promise<URL> {
  const secure = withScheme('https', base)
  discard(await connections.send({ url: apiUrl(secure, ''), ...send }))
  return secure
}

/** Sends a request over plain HTTP. Returns whether the response says that the server expects TLS. */
async function asksForTls(connections: Connections, plain: URL, send: Send): Promise<boolean> {
  const response = await connections.send({ url: apiUrl(plain, ''), ...send })
  const { limits, timeouts } = connections
  const { bytes } = await readBodyStart(response, {
    maxBytes: limits.errorBytes,
    timeout: timeouts.document,
  })
  return wantsTls(response.status, bytes)
}

const withScheme = (scheme: 'http' | 'https', base: URL): URL =>
  new URL(base.pathname, `${scheme}://${base.host}`)

const mayUseTls = (error: WindlassError): boolean =>
  (error.code === 'REGISTRY_RESPONSE' && systemCode(error.cause) !== 'HPE_HEADER_OVERFLOW') ||
  (error.code === 'NETWORK' && isConnectionClosed(error.cause))
