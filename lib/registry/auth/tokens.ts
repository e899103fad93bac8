/**
 * The tokens that are in hand, by realm, service, scope and whose credentials; each is fetched once however many
 * requests wait for it.
 */
import { SingleFlight } from '../../flow/actors/single-flight.js'
import type { Connections } from '../http/connections.js'
import { share } from './flight.js'
import { login, type Login } from './login.js'
import type { Secrets } from '../policy/secrets.js'
import type { Token } from './token.js'

export class Tokens {
  readonly #connections: Connections
  readonly #secrets: Secrets
  readonly #known = new Map<string, Token>()
  readonly #logins = new SingleFlight<string, Token>()

  constructor(connections: Connections, secrets: Secrets) {
    this.#connections = connections
    this.#secrets = secrets
  }

  /** @throws what `login` throws; CANCELLED */
  async get(request: Login, signal?: AbortSignal): Promise<string> {
    const key = keyOf(request)
    const known = this.#known.get(key)
    if (known !== undefined && performance.now() < known.expires) return known.value
    this.#known.delete(key)
    const fetched = await share(
      this.#logins,
      key,
      async (shared) => {
        const token = await login(this.#connections, request, this.#secrets, shared)
        this.#known.set(key, token)
        return token
      },
      signal,
    )
    return fetched.value
  }

  /** A token that was refused before its time. A newer one that has taken its place stays. */
  forget(request: Login, value: string): void {
    const key = keyOf(request)
    if (this.#known.get(key)?.value === value) this.#known.delete(key)
  }
}

const keyOf = ({ realm, service, scope, credential }: Login): string =>
  JSON.stringify([realm.href, service ?? null, scope, credential?.fingerprint() ?? null])
