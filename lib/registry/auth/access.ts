/**
 * Looks up the credential of a repository before the first request that needs it, and keeps it. All content of the
 * repository is therefore fetched as the same user, whose `identity` decides with whom the content is shared.
 */
import { SingleFlight } from '../../flow/actors/single-flight.js'
import type { Credential } from '../credentials/credential.js'
import type { CredentialRequest, Credentials } from '../credentials/credentials.js'
import type { Endpoint } from '../policy/endpoint.js'
import { type AccessAction, type AccessHelp, accessHelp } from '../policy/access-help.js'
import { joinFlight } from './flight.js'
import type { RepositoryName } from '../policy/registry-name.js'
import type { Secrets } from '../policy/secrets.js'

/** Settings of a `RepositoryAccess`. */
export interface AccessOptions {
  readonly repositoryName: RepositoryName
  readonly credentials: Credentials
  readonly endpoint: Endpoint
  readonly secrets: Secrets
  /** What the user wants to do in the repository (default `read`). */
  readonly action?: AccessAction
}

/** Result of a lookup: a credential, or the reason why there is none. */
interface LookupResult {
  readonly credential: Credential | undefined
  readonly why: string | undefined
}

/** The credential of one repository, and what to tell the user when the registry refuses access. */
export class RepositoryAccess {
  readonly #options: AccessOptions
  readonly #lookups = new SingleFlight<'lookup', LookupResult>()
  /** Warnings of the lookup that have not been delivered yet. */
  readonly #warnings: (readonly [code: string, message: string])[] = []
  #found: LookupResult | undefined

  constructor(options: AccessOptions) {
    this.#options = options
  }

  /**
   * Returns the credential, or undefined for anonymous access. Concurrent callers share one lookup; a failed lookup
   * is repeated by the next call.
   * @throws errors of `Credentials.for`; CANCELLED
   */
  async credential({ signal, onWarning }: CredentialRequest = {}): Promise<Credential | undefined> {
    const { credential } = this.#found ?? (await this.#lookUp(signal))
    if (onWarning !== undefined) for (const warning of this.#warnings.splice(0)) onWarning(...warning)
    return credential
  }

  /**
   * Returns a key of the host and the credential. Repositories with the same key can share what they fetch. The key
   * contains no secret.
   * @throws as `credential`
   */
  async identity(signal?: AbortSignal): Promise<string> {
    const credential = await this.credential({ signal })
    return `${this.#options.endpoint.base.host}|${credential?.fingerprint() ?? 'anonymous'}`
  }

  /** Returns what to tell the user when the registry refuses access. */
  help(): AccessHelp {
    const { repositoryName, endpoint, action = 'read' } = this.#options
    const { credential, why } = this.#found ?? {}
    if (credential === undefined) return accessHelp(repositoryName, 'none', why, action)
    return accessHelp(repositoryName, endpoint.allowsCredentials ? 'sent' : 'withheld', undefined, action)
  }

  async #lookUp(signal: AbortSignal | undefined): Promise<LookupResult> {
    return (this.#found = await joinFlight(this.#lookups, 'lookup', (shared) => this.#fetch(shared), signal))
  }

  async #fetch(signal: AbortSignal): Promise<LookupResult> {
    const { repositoryName, credentials, secrets } = this.#options
    const onWarning = (code: string, message: string): void => void this.#warnings.push([code, message])
    const credential = await credentials.for(repositoryName, { signal, onWarning })
    secrets.add(...(credential?.secrets() ?? []))
    return { credential, why: credential === undefined ? await credentials.why?.(repositoryName) : undefined }
  }
}
