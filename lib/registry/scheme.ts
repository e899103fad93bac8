/**
 * Whether a registry on a loopback address speaks plain HTTP or TLS, found out once by a request that carries nothing
 * secret. Asked in plain HTTP first; a peer that answers with something else than HTTP, hangs up, or says that it
 * wants HTTPS is spoken to in TLS from then on, certificates checked.
 */
import { WindlassError } from '../errors.js'
import type { Connections } from './connections.js'
import { readDocument } from './document.js'
import { apiUrl, type Endpoint } from './endpoint.js'
import { isBroken } from './failure.js'

/** @throws network errors: a peer that is not there is not asked again in another way */
export async function settleScheme(
  connections: Connections,
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<URL> {
  const { base, registry } = endpoint
  const purpose = `reach the registry ${registry}`
  const https = (): URL => new URL(`https://${base.host}`)
  try {
    const answer = await connections.send({ url: apiUrl(base, ''), purpose, signal })
    const limits = { maxBytes: 64 * 1024, deadline: connections.timeouts.document, purpose }
    const body = await readDocument(answer, limits).catch(() => Buffer.alloc(0))
    // Go's servers, so most registries, answer a plain request to a TLS port in these words.
    return answer.status === 400 &&
      /HTTP request to an HTTPS server|HTTPS port/i.test(body.toString('latin1'))
      ? https()
      : base
  } catch (error) {
    if (!(error instanceof WindlassError) || !speaksOtherwise(error)) throw error
    return https()
  }
}

const speaksOtherwise = (error: WindlassError): boolean =>
  error.code === 'REGISTRY_RESPONSE' || (error.code === 'NETWORK' && isBroken(error.cause))
