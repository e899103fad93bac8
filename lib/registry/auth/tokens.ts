/** Caches tokens by realm, service, scope and credential. */
import { SingleFlight } from '../../flow/actors/single-flight.js'
import type { Connections } from '../http/connections.js'
import { share } from './flight.js'
import { login, type Login } from './login.js'
import type { Secrets } from '../policy/secrets.js'
import type { Token } from './token.js'

/** The cached tokens of all registries. Concurrent requests for the same token share one login. */
export class Tokens {
  readonly #connections: Connections
  readonly #secrets: Secrets
  readonly #cached = new Map<string, Token>()
  readonly #logins = new SingleFlight<string, Token>()

  constructor(connections: Connections, secrets: Secrets) {
    this.#connections = connections
    this.#secrets = secrets
  }

  /**
   * Returns a token that is valid, from the cache or by a login.
   * @throws errors of `login`; CANCELLED
   */
  async get(request: Login, signal?: AbortSignal): Promise<string> {
    const key = keyOf(request)
    const cached = this.#cached.get(key)
    if (cached !== undefined && performance.now() < cached.expires) return cached.value
    this.#cached.delete(key)
    const fetched = await share(
      this.#logins,
      key,
      async (shared) => {
        const token = await login(this.#connections, request, this.#secrets, shared)
        this.#cached.set(key, token)
        return token
      },
      signal,
    )
    return fetched.value
  }

  /** Removes a token that was rejected before it expired. A newer token is kept. */
  forget(request: Login, value: string): void {
    const key = keyOf(request)
    if (this.#cached.get(key)?.value === value) this.#cached.delete(key)
  }
}

const keyOf = ({ realm, service, scope, credential }: Login): string =>
  JSON.stringify([realm.href, service ?? null, scope, credential?.fingerprint() ?? null])
