/** Checks credentials with a registry (distribution spec, "Determining Support": the end point `/v2/`). */
import type { RateLimit } from '../../image/source.js'
import { parseRateLimit } from '../headers/rate-limit.js'
import { responseDate } from '../headers/response-date.js'
import { discard } from '../http/discard.js'
import { refusalError } from '../http/refusal.js'
import { displayHost } from '../policy/registry-name.js'
import type { RepositoryContext } from './repository-context.js'

/** What a registry said beside that it accepts the credentials. */
export interface LoginResponse {
  readonly rateLimit?: RateLimit
  /** The header `Date`, in milliseconds since 1970. */
  readonly date?: number
}

/**
 * Requests `/v2/` with the credentials of the context.
 * @throws UNAUTHORIZED, DENIED when the registry or its token server refuses them; REGISTRY_RESPONSE when the host is no
 * registry; network errors
 */
export async function checkLogin(
  context: RepositoryContext,
  signal: AbortSignal | undefined,
): Promise<LoginResponse> {
  const { client, registry, secrets, timeouts, limits, help } = context
  const purpose = `log in to ${displayHost(registry)}`
  const response = await client.send({ to: [], purpose, ...(signal && { signal }) })
  if (response.status >= 200 && response.status < 300) {
    discard(response)
    const rateLimit = parseRateLimit(response.headers)
    return { ...responseDate(response.headers), ...(rateLimit && { rateLimit }) }
  }
  throw await refusalError(response, {
    ...{ purpose, secrets, help, notFoundCode: 'REGISTRY_RESPONSE', timeout: timeouts.document },
    maxBytes: limits.errorBytes,
  })
}
