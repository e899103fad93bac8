/** Caches tokens by realm, service, scope and credential. */
import { SingleFlight } from '../../flow/actors/single-flight.js'
import type { Connections } from '../http/connections.js'
import { joinFlight } from './flight.js'
import { requestToken, type TokenRequest } from './login.js'
import type { Secrets } from '../policy/secrets.js'
import type { Token } from './token.js'

/** The cached tokens of all registries. Concurrent callers that need the same token share one request. */
export class Tokens {
  readonly #connections: Connections
  readonly #secrets: Secrets
  readonly #cached = new Map<string, Token>()
  readonly #requests = new SingleFlight<string, Token>()

  constructor(connections: Connections, secrets: Secrets) {
    this.#connections = connections
    this.#secrets = secrets
  }

  /**
   * Returns a valid token, from the cache or from the token server.
   * @throws errors of `requestToken`; CANCELLED
   */
  async get(request: TokenRequest, signal?: AbortSignal): Promise<string> {
    const key = keyOf(request)
    const cached = this.#cached.get(key)
    if (cached !== undefined && performance.now() < cached.expires) return cached.value
    this.#cached.delete(key)
    const fetched = await joinFlight(
      this.#requests,
      key,
      async (shared) => {
        const token = await requestToken(this.#connections, request, this.#secrets, shared)
        this.#cached.set(key, token)
        return token
      },
      signal,
    )
    return fetched.value
  }

  /** Removes a token that was rejected before it expired. A newer token is kept. */
  forget(request: TokenRequest, value: string): void {
    const key = keyOf(request)
    if (this.#cached.get(key)?.value === value) this.#cached.delete(key)
  }
}

const keyOf = ({ realm, service, scope, credential }: TokenRequest): string =>
  JSON.stringify([realm.href, service ?? null, scope, credential?.fingerprint() ?? null])
