/**
 * Provides `MirroredRegistries`, whose repositories are fetched from the mirrors that the user configured, and otherwise
 * from the registry.
 */
import { WindlassError } from '../../lib/errors.js'
import { quoted } from '../../lib/codec/index.js'
import type { ImageSource } from '../../lib/image/index.js'
import {
  type Credentials,
  type HostConfiguration,
  type HostTimeouts,
  type Registries,
  type RegistryHost,
  type RepositoryHosts,
  type RepositoryName,
  type RepositorySource,
  type Credential,
  type HostRequest,
  type ImageRegistries,
  type LoginResponse,
  firstOf,
} from '../../lib/registry/index.js'
import { DeferredSink, type RegistryTarget } from '../../lib/sinks/index.js'
import {
  OrderedSource,
  PlaceHealth,
  type PlaceOrder,
  PlaceRates,
  type SourcePlace,
} from '../../lib/sources/index.js'

/** Default time in milliseconds for the connection to a mirror. A registry without mirrors may take longer. */
const mirrorDialTimeout = 1_000

/**
 * Timeouts of mirrors in milliseconds. They are short, since there is another place. A mirror that fetches a blob from
 * elsewhere may take long for its first byte, but not in the middle.
 */
const mirrorTimeouts = { response: 15_000, stall: 1_500 }

/** Settings of `MirroredRegistries`. */
export interface MirroredRegistriesOptions {
  readonly registries: Registries
  readonly hosts: HostConfiguration
  /** Default: no failures known. */
  readonly health?: PlaceHealth
  /** Default: no rates known. */
  readonly rates?: PlaceRates
  /** See `OrderedSourceOptions.order`. */
  readonly order?: PlaceOrder
  /** Credentials that take precedence over those of the registries. */
  readonly credentials?: Credentials
}

/** Registries with the mirrors and certificates of a configuration. */
export class MirroredRegistries implements ImageRegistries {
  readonly #options: MirroredRegistriesOptions
  readonly #health: PlaceHealth
  readonly #rates: PlaceRates

  constructor(options: MirroredRegistriesOptions) {
    this.#options = options
    this.#health = options.health ?? new PlaceHealth()
    this.#rates = options.rates ?? new PlaceRates()
  }

  /** Number of bytes of blobs that were received, from mirrors and registries. */
  get received(): number {
    return this.#options.registries.received
  }

  /** Limits the rate of all blob transfers together; see `Registries.limitRate`. */
  limitRate(bytesPerSecond: number): void {
    this.#options.registries.limitRate(bytesPerSecond)
  }

  /**
   * Returns a repository. No request is sent, and neither the configuration nor a credential is looked up.
   * @throws REFERENCE_INVALID when the registry is not a host and port, or the repository name is invalid
   */
  repository(name: RepositoryName): ImageSource {
    const { registry, repository } = name
    // Reports an invalid name early.
    this.#options.registries.repository(name)
    const places = (request: HostRequest): Promise<readonly SourcePlace[]> => this.#placesOf(name, request)
    const { order = 'ordered' } = this.#options
    const memory = { health: this.#health, rates: this.#rates }
    return new OrderedSource({ host: registry, repository, places, order, ...memory })
  }

  /** Returns these registries for a user of their own, whose credentials take precedence. */
  withCredentials(credentials: Credentials): RepositorySource {
    const { credentials: known } = this.#options
    return new MirroredRegistries({
      ...this.#options,
      health: this.#health,
      rates: this.#rates,
      credentials: known ? firstOf(credentials, known) : credentials,
    })
  }

  /**
   * Returns a repository as a target of images: that of the registry, never a mirror.
   * @throws as `repository`
   */
  target(name: RepositoryName): RegistryTarget {
    const { registries, credentials } = this.#options
    const { host, repository } = registries.target(name)
    return new DeferredSink({ host, repository }, async (request) => {
      const target = await this.#registryOf(name, request)
      return registries.targetAt(await this.#withTls(target, request), { credentials })
    })
  }

  /** Checks a credential with a registry, never with a mirror. @throws as `Registries.checkLogin` */
  async checkLogin(
    registry: string,
    credential: Credential | undefined,
    signal?: AbortSignal,
  ): Promise<LoginResponse> {
    const host = await this.#withTls({ host: registry, repository: '' }, { signal })
    return this.#options.registries.checkLogin(registry, credential, signal, host)
  }

  /** Closes the connections. */
  close(): Promise<void> {
    return this.#options.registries.close()
  }

  async #placesOf(name: RepositoryName, request: HostRequest): Promise<readonly SourcePlace[]> {
    const { mirrors, usesMirrorsOnly = false, configuredBy } = await this.#hostsOf(name, request)
    const last = usesMirrorsOnly ? mirrors.at(-1) : await this.#registryOf(name, request)
    if (last === undefined) throw noHostError(name, configuredBy)
    const before = usesMirrorsOnly ? mirrors.slice(0, -1) : mirrors
    const places = before.map(async (mirror): Promise<SourcePlace> => {
      const timeouts = { ...mirrorTimeouts, ...dialTimeouts(mirror.dialTimeout ?? mirrorDialTimeout) }
      const source = await this.#open(mirror, timeouts, request)
      return { source, manifests: mirror.manifests ?? 'all', isMirror: true }
    })
    const { dialTimeout, manifests = 'all' } = last
    const timeouts = dialTimeout === undefined ? undefined : dialTimeouts(dialTimeout)
    // There is no other place after it, so its failure is that of the image.
    const source = await this.#open(last, timeouts, request)
    return [...(await Promise.all(places)), { source, manifests, isMirror: false }]
  }

  /** @throws DENIED when the configuration forbids the repository; as `HostConfiguration.hostsOf` */
  async #hostsOf(name: RepositoryName, request: HostRequest): Promise<RepositoryHosts> {
    const found = await this.#options.hosts.hostsOf(name, request)
    const { blockedBy } = found
    if (blockedBy === undefined) return found
    throw new WindlassError(
      'DENIED',
      `Images of ${name.registry}/${name.repository} are blocked by ${quoted(blockedBy)}`,
      {
        ...{ host: name.registry, path: blockedBy },
        hint: 'Whoever runs this machine decides which registries it may use. Ask them, or change the file.',
      },
    )
  }

  async #registryOf(name: RepositoryName, request: HostRequest): Promise<RegistryHost> {
    const { registry } = await this.#hostsOf(name, request)
    return registry ?? { host: name.registry, repository: name.repository }
  }

  async #open(
    host: RegistryHost,
    timeouts: Partial<HostTimeouts> | undefined,
    request: HostRequest,
  ): Promise<ImageSource> {
    const { registries, credentials } = this.#options
    return registries.repositoryAt(await this.#withTls(host, request), { credentials, timeouts })
  }

  /** Adds the certificates that are configured for the host, whichever file names it. */
  async #withTls(host: RegistryHost, request: HostRequest): Promise<RegistryHost> {
    const configured = await this.#options.hosts.tlsOf(host.host, request)
    return configured || host.tls ? { ...host, tls: { ...configured, ...host.tls } } : host
  }
}

const noHostError = ({ registry, repository }: RepositoryName, path: string | undefined): WindlassError =>
  new WindlassError(
    'USAGE',
    `${path === undefined ? 'The configuration' : quoted(path)} names no host that ${registry}/${repository} may be pulled from`,
    {
      ...{ host: registry, ...(path !== undefined && { path }) },
      hint: 'Give one of its hosts the capability "pull", or remove what forbids to ask the registry.',
    },
  )

const dialTimeouts = (dialTimeout: number): Pick<HostTimeouts, 'lookup' | 'connect' | 'secureConnect'> => ({
  lookup: dialTimeout,
  connect: dialTimeout,
  secureConnect: dialTimeout,
})
