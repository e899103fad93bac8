/** Provides `Registries`, the entry point of the registry client. */
import { WindlassError } from '../errors.js'
import { quoted } from '../codec/printable.js'
import { isRepository } from '../image/reference/grammar.js'
import { RepositoryAccess } from './auth/access.js'
import { checkLogin } from './api/check-login.js'
import { Client } from './api/client.js'
import type { Credential } from './credentials/credential.js'
import { Connections, type ConnectionOptions } from './http/connections.js'
import type { AccessAction } from './policy/access-help.js'
import { anonymous, type Credentials, firstOf } from './credentials/credentials.js'
import { endpointOf, type EndpointOptions } from './policy/endpoint.js'
import { normalizeForeignHosts } from './policy/foreign-url.js'
import { canonicalRegistry, type RepositoryName } from './policy/registry-name.js'
import { RepositoryClient } from './api/repository-client.js'
import type { RepositoryContext } from './api/repository-context.js'
import { Repository } from './api/repository.js'
import { TargetRepository } from './push/target-repository.js'
import { Secrets } from './policy/secrets.js'
import { Tokens } from './auth/tokens.js'

/** Settings of `Registries`. */
export interface RegistriesOptions extends ConnectionOptions, EndpointOptions {
  readonly credentials?: Credentials
  /** Origins of token servers that may receive credentials from any registry, such as `http://auth.lan:5001`. */
  readonly trustedRealms?: readonly string[]
  /**
   * Host names or addresses that the URLs of foreign layers (`urls` of a descriptor) may contain even if they are not
   * public. Other hosts must have public addresses, except the host of the registry.
   */
  readonly foreignHosts?: readonly string[]
}

/** Where repositories come from. */
export interface RepositorySource {
  /** See `Registries.repository`. */
  repository(name: RepositoryName): Repository
}

/** Creates repositories, and holds the connections, tokens and secrets that they share. */
export class Registries implements RepositorySource {
  readonly #options: RegistriesOptions
  readonly #connections: Connections
  readonly #secrets = new Secrets()
  readonly #trustedRealms: ReadonlySet<string>
  readonly #foreignHosts: ReadonlySet<string>
  readonly #tokens: Tokens
  readonly #clients = new Map<string, Client>()

  /**
   * @throws USAGE when a trusted realm is not an http or https URL, a foreign host is not a host, or a limit is
   * invalid
   */
  constructor(options: RegistriesOptions = {}) {
    this.#options = options
    this.#trustedRealms = new Set((options.trustedRealms ?? []).map(originOf))
    this.#foreignHosts = normalizeForeignHosts(options.foreignHosts)
    this.#connections = new Connections(options)
    this.#tokens = new Tokens(this.#connections, this.#secrets)
  }

  /**
   * Sets the maximum rate of all blob transfers together, in bytes per second; Infinity removes the limit. Applies to
   * transfers in progress too.
   */
  limitRate(bytesPerSecond: number): void {
    this.#connections.rate.bytesPerSecond = bytesPerSecond
  }

  /** Number of bytes of blobs that were received. */
  get received(): number {
    return this.#connections.received
  }

  /**
   * Returns a repository. No request is sent and no credential is looked up.
   * @param credentials credentials for this use of the repository (those of the options). Tokens and downloads are shared by
   * uses with the same credential only.
   * @throws REFERENCE_INVALID when the registry is not a host and port, or the repository name is invalid; USAGE when
   * the configured endpoint is invalid
   */
  repository(name: RepositoryName, credentials?: Credentials): Repository {
    const { context, access } = this.#open(name, 'read', credentials)
    return new Repository(context, access)
  }

  /** Returns these registries for a user of their own, whose credentials take precedence over those of the options. */
  withCredentials(credentials: Credentials): RepositorySource {
    const both = firstOf(credentials, this.#options.credentials ?? anonymous)
    return { repository: (name) => this.repository(name, both) }
  }

  /**
   * Returns a repository as a target of images. No request is sent and no credential is looked up.
   * @throws as `repository`
   */
  target(name: RepositoryName): TargetRepository {
    const { context, access } = this.#open(name, 'push')
    return new TargetRepository(context, access)
  }

  /**
   * Checks a credential with a registry.
   * @throws UNAUTHORIZED, DENIED when it is refused; REFERENCE_INVALID, REGISTRY_RESPONSE, network errors
   */
  async checkLogin(registry: string, credential: Credential, signal?: AbortSignal): Promise<void> {
    // The end point belongs to no repository, but a token has a scope.
    const name = { registry, repository: 'windlass/login' }
    const credentials: Credentials = { for: () => Promise.resolve(credential) }
    await checkLogin(this.#open(name, 'read', credentials).context, signal)
  }

  /** Aborts all requests. Resolves when no socket and no timer remains. */
  async close(): Promise<void> {
    await this.#connections.close()
  }

  #open(
    { registry, repository }: RepositoryName,
    action: AccessAction = 'read',
    credentials: Credentials = this.#options.credentials ?? anonymous,
  ): { context: RepositoryContext; access: RepositoryAccess } {
    if (!isRepository(repository))
      throw new WindlassError('REFERENCE_INVALID', `${quoted(repository)} is not the name of a repository`)
    const endpoint = endpointOf(registry, this.#options)
    const key = canonicalRegistry(registry)
    const client =
      this.#clients.get(key) ??
      new Client({
        endpoint,
        connections: this.#connections,
        tokens: this.#tokens,
        trustedRealms: this.#trustedRealms,
        foreignHosts: this.#foreignHosts,
      })
    this.#clients.set(key, client)
    const repositoryName = { registry, repository }
    const access = new RepositoryAccess({
      repositoryName,
      credentials,
      endpoint,
      secrets: this.#secrets,
      action,
    })
    const context: RepositoryContext = {
      client: new RepositoryClient(client, repository, access),
      registry,
      repository,
      help: () => access.help(),
      secrets: this.#secrets,
      timeouts: this.#connections.timeouts,
      limits: this.#connections.limits,
    }
    return { context, access }
  }
}

function originOf(realm: string): string {
  if (URL.canParse(realm) && new URL(realm).origin !== 'null') return new URL(realm).origin
  throw new WindlassError('USAGE', `The trusted realm ${quoted(realm)} is not an http or https URL`)
}
