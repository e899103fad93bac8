/**
 * As whom one repository is used: the credential is looked up once, before the first request that needs it, and stays
 * the same for as long as the repository is used, so that what was fetched as somebody is shared with no one else.
 */
import { SingleFlight } from '../../flow/actors/single-flight.js'
import type { Credential } from '../credentials/credential.js'
import type { CredentialRequest, Credentials } from '../credentials/credentials.js'
import type { Endpoint } from '../policy/endpoint.js'
import { share } from './flight.js'
import type { RepositoryName } from '../policy/registry-name.js'
import type { Secrets } from '../policy/secrets.js'

export interface AccessOptions {
  readonly asked: RepositoryName
  readonly credentials: Credentials
  readonly endpoint: Endpoint
  readonly secrets: Secrets
}

/** What a lookup found: a credential, or why there is none. */
interface Found {
  readonly credential: Credential | undefined
  readonly why: string | undefined
}

export class Access {
  readonly #options: AccessOptions
  readonly #lookups = new SingleFlight<'lookup', Found>()
  /** Warnings of the lookup that nobody has heard yet. */
  readonly #warnings: (readonly [code: string, message: string])[] = []
  #found: Found | undefined

  constructor(options: AccessOptions) {
    this.#options = options
  }

  /**
   * The credential, looked up by the first who asks; a lookup that failed is made again.
   * @throws what `Credentials.for` throws; CANCELLED
   */
  async credential({ signal, onWarning }: CredentialRequest = {}): Promise<Credential | undefined> {
    const { credential } = this.#found ?? (await this.#lookUp(signal))
    if (onWarning !== undefined) for (const warning of this.#warnings.splice(0)) onWarning(...warning)
    return credential
  }

  /**
   * Which host serves, and as whom: two repositories with the same may share what they fetch. Tells no secret.
   * @throws as `credential`
   */
  async identity(signal?: AbortSignal): Promise<string> {
    const credential = await this.credential({ signal })
    return `${this.#options.endpoint.base.host}|${credential?.fingerprint() ?? 'anonymous'}`
  }

  /** What to do where the registry refuses, as a sentence. */
  hint(): string {
    const { asked, endpoint } = this.#options
    const { credential, why } = this.#found ?? {}
    if (why !== undefined) return why
    if (credential === undefined)
      return `If the repository exists, it wants credentials: give some for ${asked.registry}`
    if (!endpoint.confidential)
      return `Credentials are not sent over plain HTTP unless --plain-http allows it`
    return `The credentials for ${asked.registry} give no access to this: check them, and the repository's name`
  }

  async #lookUp(signal: AbortSignal | undefined): Promise<Found> {
    return (this.#found = await share(this.#lookups, 'lookup', (shared) => this.#ask(shared), signal))
  }

  async #ask(signal: AbortSignal): Promise<Found> {
    const { asked, credentials, secrets } = this.#options
    const onWarning = (code: string, message: string): void => void this.#warnings.push([code, message])
    const credential = await credentials.for(asked, { signal, onWarning })
    secrets.learn(...(credential?.secrets() ?? []))
    return { credential, why: credential === undefined ? await credentials.why?.(asked) : undefined }
  }
}
