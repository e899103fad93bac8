/** Asks the helpers that configuration files name, and remembers for a short time what they answered. */
import { type WindlassError, asWindlassError } from '../../errors.js'
import { Credential } from './credential.js'
import { CredentialHelper, type HelperOptions } from './helper/credential-helper.js'

/**
 * Milliseconds for which a credential is used again. A set of pulls looks up each of its repositories, and a helper of a
 * cloud needs up to a second. That a helper has no credential is not remembered, so that a login takes effect at once.
 */
const keptFor = 30_000

/** The credential helpers of one source of credentials. */
export class CredentialHelpers {
  readonly #options: HelperOptions
  readonly #kept = new Map<string, { readonly credential: Credential; readonly until: number }>()
  readonly #failures = new Map<string, WindlassError>()

  constructor(options: HelperOptions = {}) {
    this.#options = options
  }

  /**
   * Returns the credential of the first of `servers` for which the helper has one.
   * @throws errors of `CredentialHelper.get`
   */
  async get(name: string, servers: readonly string[], signal?: AbortSignal): Promise<Credential | undefined> {
    const key = JSON.stringify([name, ...servers])
    const kept = this.#kept.get(key)
    if (kept !== undefined && performance.now() < kept.until) return kept.credential
    this.#kept.delete(key)
    this.#failures.delete(key)
    try {
      const credential = await this.#ask(name, servers, signal)
      if (credential !== undefined) this.#kept.set(key, { credential, until: performance.now() + keptFor })
      return credential
    } catch (error) {
      this.#failures.set(key, asWindlassError(error))
      throw error
    }
  }

  /** Returns the error of the last `get` with these arguments; undefined if it succeeded. */
  failureOf(name: string, servers: readonly string[]): WindlassError | undefined {
    return this.#failures.get(JSON.stringify([name, ...servers]))
  }

  async #ask(
    name: string,
    servers: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Credential | undefined> {
    const helper = new CredentialHelper(name, this.#options)
    for (const server of servers) {
      const found = await helper.get(server, signal)
      if (found !== undefined) return Credential.password(found.username, found.secret)
    }
    return undefined
  }
}
