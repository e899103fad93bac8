/**
 * Determines whether a registry on a loopback address uses plain HTTP or TLS. It tries plain HTTP first, without
 * credentials. If the response is not HTTP, the connection is closed, or the server asks for HTTPS, TLS is tried with
 * certificate verification.
 */
import { WindlassError } from '../../errors.js'
import { connectPurpose } from './attempt.js'
import type { Connections } from './connections.js'
import { discard } from './discard.js'
import { readBodyStart } from './document.js'
import { apiUrl, type Endpoint } from '../policy/endpoint.js'
import { isConnectionClosed, isHandshakeFailure, systemCode } from './failure.js'
import { wantsTls } from './refusal.js'

/**
 * Returns the base URL of the registry with its scheme.
 * @throws network errors; an unreachable host is not tried with TLS
 */
export async function detectBaseUrl(
  connections: Connections,
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<URL> {
  const { base } = endpoint
  const purpose = connectPurpose
  const tryTls = async (): Promise<URL> => {
    const secure = new URL(`https://${base.host}`)
    discard(await connections.send({ url: apiUrl(secure, ''), purpose, signal }))
    return secure
  }
  try {
    const response = await connections.send({ url: apiUrl(base, ''), purpose, signal })
    const { limits, timeouts } = connections
    const { bytes } = await readBodyStart(response, {
      maxBytes: limits.errorBytes,
      timeout: timeouts.document,
    })
    return wantsTls(response.status, bytes) ? await tryTls() : base
  } catch (error) {
    if (!(error instanceof WindlassError) || !mayUseTls(error)) throw error
    return await tryTls().catch((tlsError: unknown) => {
      // If the peer closed the first connection and does not support TLS, it is probably starting or stopping.
      const isNoTls = tlsError instanceof WindlassError && isHandshakeFailure(tlsError.cause)
      throw isNoTls && error.retryable ? error : tlsError
    })
  }
}

const mayUseTls = (error: WindlassError): boolean =>
  (error.code === 'REGISTRY_RESPONSE' && systemCode(error.cause) !== 'HPE_HEADER_OVERFLOW') ||
  (error.code === 'NETWORK' && isConnectionClosed(error.cause))
