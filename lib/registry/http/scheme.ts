/**
 * Whether a registry on a loopback address speaks plain HTTP or TLS, found out once by requests that carry nothing
 * secret. Asked in plain HTTP first; a peer that answers with something else than HTTP, hangs up, or says that it
 * wants HTTPS is asked in TLS, certificates checked, and spoken to in that from then on if it answers.
 */
import { WindlassError } from '../../errors.js'
import type { Connections } from './connections.js'
import { discard } from './discard.js'
import { readStart } from './document.js'
import { apiUrl, type Endpoint } from '../policy/endpoint.js'
import { isBroken, isHandshake, systemCode } from './failure.js'

/** @throws network errors: a peer that is not there is not asked again in another way */
export async function settleScheme(
  connections: Connections,
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<URL> {
  const { base, registry } = endpoint
  const purpose = `reach the registry ${registry}`
  const https = async (): Promise<URL> => {
    const secure = new URL(`https://${base.host}`)
    discard(await connections.send({ url: apiUrl(secure, ''), purpose, signal }))
    return secure
  }
  try {
    const response = await connections.send({ url: apiUrl(base, ''), purpose, signal })
    const { limits, timeouts } = connections
    const { bytes } = await readStart(response, { maxBytes: limits.errorBytes, deadline: timeouts.document })
    // Go's servers, so most registries, answer a plain request to a TLS port in these words.
    return response.status === 400 &&
      /HTTP request to an HTTPS server|HTTPS port/i.test(bytes.toString('latin1'))
      ? await https()
      : base
  } catch (error) {
    if (!(error instanceof WindlassError) || !speaksOtherwise(error)) throw error
    return await https().catch((inTls: unknown) => {
      // A peer that hung up, and speaks no TLS either, was rather just starting or stopping.
      const unsuited = inTls instanceof WindlassError && isHandshake(inTls.cause)
      throw unsuited && error.retryable ? error : inTls
    })
  }
}

const speaksOtherwise = (error: WindlassError): boolean =>
  (error.code === 'REGISTRY_RESPONSE' && systemCode(error.cause) !== 'HPE_HEADER_OVERFLOW') ||
  (error.code === 'NETWORK' && isBroken(error.cause))
