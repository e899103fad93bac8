/** Provides `Registries`, the entry point of the registry client. */
import { WindlassError } from '../errors.js'
import { quoted } from '../codec/printable.js'
import { isRepository } from '../image/reference/grammar.js'
import { RepositoryAccess } from './auth/access.js'
import { checkLogin, type LoginResponse } from './api/check-login.js'
import { Client } from './api/client.js'
import type { Credential } from './credentials/credential.js'
import { Connections, type ConnectionOptions } from './http/connections.js'
import type { AccessAction } from './policy/access-help.js'
import { anonymous, type Credentials, firstOf } from './credentials/credentials.js'
import { type Endpoint, endpointOf, endpointOfHost, type EndpointOptions } from './policy/endpoint.js'
import type { HostTls, RegistryHost } from './hosts/registry-hosts.js'
import type { ChannelOptions, HostTimeouts } from './http/channel.js'
import type { ImageSink } from '../image/sink.js'
import type { ImageSource } from '../image/source.js'
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
  repository(name: RepositoryName): ImageSource
}

/** The registries that a program uses: their repositories, as sources and as targets, and the logins. */
export interface ImageRegistries extends RepositorySource {
  /** Number of bytes of blobs that were received. */
  readonly received: number
  /** See `Registries.withCredentials`. */
  withCredentials(credentials: Credentials): RepositorySource
  /** See `Registries.target`. */
  target(name: RepositoryName): ImageSink
  /** See `Registries.checkLogin`. */
  checkLogin(
    registry: string,
    credential: Credential | undefined,
    signal?: AbortSignal,
  ): Promise<LoginResponse>
  /** See `Registries.limitRate`. */
  limitRate(bytesPerSecond: number): void
  /** See `Registries.close`. */
  close(): Promise<void>
}

/** Options of `Registries.repositoryAt`. */
export interface RepositoryAtOptions {
  /** Credentials that take precedence over those of the registries. */
  readonly credentials?: Credentials | undefined
  /** Timeouts that differ from those of other hosts, in milliseconds. */
  readonly timeouts?: Partial<HostTimeouts> | undefined
}

/** Creates repositories, and holds the connections, tokens and secrets that they share. */
export class Registries implements ImageRegistries {
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

  /**
   * Returns a repository on one host of a registry, such as a mirror. Its credentials are those for the name of the host.
   * @throws as `repository`; USAGE when the path of the API or a certificate is invalid
   */
  repositoryAt(host: RegistryHost, { credentials, timeouts }: RepositoryAtOptions = {}): Repository {
    const name = { registry: host.host, repository: host.repository }
    const { context, access } = this.#open(name, 'read', this.#before(credentials), { ...host, timeouts })
    return new Repository(context, access)
  }

  /** Returns these registries for a user of their own, whose credentials take precedence over those of the options. */
  withCredentials(credentials: Credentials): RepositorySource {
    const both = this.#before(credentials)
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

  /** Returns a repository on one host of a registry as a target of images. @throws as `repositoryAt` */
  targetAt(host: RegistryHost, { credentials, timeouts }: RepositoryAtOptions = {}): TargetRepository {
    const name = { registry: host.host, repository: host.repository }
    const { context, access } = this.#open(name, 'push', this.#before(credentials), { ...host, timeouts })
    return new TargetRepository(context, access)
  }

  /**
   * Checks a credential with a registry, or whether the registry can be used without one.
   * @param host - host of the registry, if it has settings of its own
   * @throws UNAUTHORIZED, DENIED when it is refused; REFERENCE_INVALID, REGISTRY_RESPONSE, network errors
   */
  async checkLogin(
    registry: string,
    credential: Credential | undefined,
    signal?: AbortSignal,
    host?: Omit<RegistryHost, 'repository'>,
  ): Promise<LoginResponse> {
    // The end point belongs to no repository, but a token has a scope.
    const repository = 'windlass/login'
    const name = { registry, repository }
    const credentials: Credentials = { for: () => Promise.resolve(credential) }
    const { context } = this.#open(name, 'read', credentials, host && { ...host, repository })
    return checkLogin(context, signal)
  }

  /** Aborts all requests. Resolves when no socket and no timer remains. */
  async close(): Promise<void> {
    await this.#connections.close()
  }

  /** Returns credentials that take precedence over those of the options. */
  #before(credentials: Credentials | undefined): Credentials {
    const own = this.#options.credentials ?? anonymous
    return credentials ? firstOf(credentials, own) : own
  }

  #createClient(
    endpoint: Endpoint,
    { namespace, headers, tls, timeouts }: Partial<HostSettings> = {},
  ): Client {
    const channel =
      (headers ?? tls ?? timeouts)
        ? this.#connections.channel({
            ...(tls && { trust: trustOf(tls) }),
            ...(headers && { headers }),
            ...(timeouts && { timeouts }),
          })
        : undefined
    return new Client({
      endpoint,
      ...(channel && { channel }),
      ...(namespace !== undefined && { namespace }),
      connections: this.#connections,
      tokens: this.#tokens,
      trustedRealms: this.#trustedRealms,
      foreignHosts: this.#foreignHosts,
    })
  }

  #open(
    { registry, repository }: RepositoryName,
    action: AccessAction = 'read',
    credentials: Credentials = this.#options.credentials ?? anonymous,
    host?: HostSettings,
  ): { context: RepositoryContext; access: RepositoryAccess } {
    if (!isRepository(repository))
      throw new WindlassError('REFERENCE_INVALID', `${quoted(repository)} is not the name of a repository`)
    const endpoint = host ? endpointOfHost(host, this.#options) : endpointOf(registry, this.#options)
    const key = clientKey(registry, host)
    const client = this.#clients.get(key) ?? this.#createClient(endpoint, host)
    this.#clients.set(key, client)
    this.#secrets.add(...secretHeaders(host?.headers))
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

const trustOf = ({ ca, client, skipVerify }: HostTls): NonNullable<ChannelOptions['trust']> => ({
  ...(ca !== undefined && { ca }),
  ...(client && { client }),
  ...(skipVerify !== undefined && { insecureTls: skipVerify }),
})

/** Returns the values of headers that identify a user. */
const secretHeaders = (headers: RegistryHost['headers'] = {}): readonly string[] =>
  Object.entries(headers)
    .filter(([name, value]) => /auth|token|key|secret|cookie|password/i.test(name) && value.length > 3)
    .flatMap(([, value]) => [value, ...value.split(' ').slice(1)])

/** A host, and the timeouts of requests to it. */
type HostSettings = RegistryHost & Pick<RepositoryAtOptions, 'timeouts'>

/** Returns a key of the settings of a client, which the repositories of a host share. */
function clientKey(registry: string, host: HostSettings | undefined): string {
  const { scheme, apiPath, namespace, headers, tls, timeouts } = host ?? {}
  return JSON.stringify([canonicalRegistry(registry), scheme, apiPath, namespace, headers, tls, timeouts])
}

function originOf(realm: string): string {
  if (URL.canParse(realm) && new URL(realm).origin !== 'null') return new URL(realm).origin
  throw new WindlassError('USAGE', `The trusted realm ${quoted(realm)} is not an http or https URL`)
}
