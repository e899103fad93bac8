/** Every registry that a program talks to: one set of connections, tokens and secrets for all their repositories. */
import { WindlassError } from '../errors.js'
import { quoted } from '../codec/printable.js'
import { isRepository } from '../image/reference/grammar.js'
import { Access } from './auth/access.js'
import { Client } from './api/client.js'
import { Connections, type ConnectionOptions } from './http/connections.js'
import { anonymous, type Credentials } from './credentials/credentials.js'
import { endpointOf, type EndpointOptions } from './policy/endpoint.js'
import { foreignHosts } from './policy/foreign-url.js'
import { canonicalRegistry, type RepositoryName } from './policy/registry-name.js'
import { RepositoryClient } from './api/repository-client.js'
import { Repository } from './api/repository.js'
import { Secrets } from './policy/secrets.js'
import { Tokens } from './auth/tokens.js'

export interface RegistriesOptions extends ConnectionOptions, EndpointOptions {
  readonly credentials?: Credentials
  /** Origins of token servers that may be sent credentials although the rules say no (`http://auth.lan:5001`). */
  readonly trustedRealms?: readonly string[]
  /**
   * Hosts, by name or address, that the URLs of foreign layers may lead to wherever they are: others are asked only at
   * public addresses, but for the registry's own host.
   */
  readonly foreignHosts?: readonly string[]
}

export class Registries {
  readonly #options: RegistriesOptions
  readonly #connections: Connections
  readonly #secrets = new Secrets()
  readonly #trustedRealms: ReadonlySet<string>
  readonly #foreignHosts: ReadonlySet<string>
  readonly #tokens: Tokens
  readonly #clients = new Map<string, Client>()

  /** @throws USAGE for a trusted realm that is no URL, a foreign host that is none, and what is no limit */
  constructor(options: RegistriesOptions = {}) {
    this.#options = options
    this.#trustedRealms = new Set((options.trustedRealms ?? []).map(originOf))
    this.#foreignHosts = foreignHosts(options.foreignHosts)
    this.#connections = new Connections(options)
    this.#tokens = new Tokens(this.#connections, this.#secrets)
  }

  /**
   * @throws REFERENCE_INVALID for a registry that is no host and port, or no repository; USAGE for a wrong option; nothing is sent
   * and no credential is looked up yet
   */
  repository({ registry, repository }: RepositoryName): Repository {
    if (!isRepository(repository))
      throw new WindlassError('REFERENCE_INVALID', `${quoted(repository)} is not a repository's name`)
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
    const { credentials = anonymous } = this.#options
    const asked = { registry, repository }
    const access = new Access({ asked, credentials, endpoint, secrets: this.#secrets })
    const context = {
      client: new RepositoryClient(client, repository, access),
      registry,
      repository,
      hint: () => access.hint(),
      secrets: this.#secrets,
      timeouts: this.#connections.timeouts,
      limits: this.#connections.limits,
    }
    return new Repository(context, access)
  }

  /** Ends every request; resolves when no socket and no timer is left. */
  async close(): Promise<void> {
    await this.#connections.close()
  }
}

function originOf(realm: string): string {
  if (URL.canParse(realm) && new URL(realm).origin !== 'null') return new URL(realm).origin
  throw new WindlassError('USAGE', `The trusted realm ${quoted(realm)} is no http or https URL`)
}
