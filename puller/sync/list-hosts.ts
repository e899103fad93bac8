/** Adds the logins and certificates that a list of images states to the options of a puller. */
import {
  type HostConfiguration,
  HostFiles,
  type HostRequest,
  type HostTls,
  type RepositoryHosts,
  type RepositoryName,
  canonicalRegistry,
  mergeTls,
  readCertificateDirectory,
} from '../../lib/registry/index.js'
import type { SyncHost, SyncList } from '../../lib/sync/index.js'
import type { OpenOptions } from '../options/options.js'
import { configuredHosts } from '../options/registries-for.js'

/**
 * Returns `options` with the logins and certificates of a list, for `open`. They apply to these registries as sources and
 * as targets, and take precedence over the files of this machine. Logins in `options` take precedence over those of the
 * list.
 * @example
 * const list = parseSyncList(await readFile('sync.yml', 'utf8'))
 * await using windlass = await open(withHostsOf(list))
 */
export function withHostsOf({ hosts }: Pick<SyncList, 'hosts'>, options: OpenOptions = {}): OpenOptions {
  if (hosts.length === 0) return options
  const logins = hosts.flatMap(({ registry, credentials }) =>
    credentials ? [[registry, credentials] as const] : [],
  )
  const { hosts: base = configuredHosts(options) } = options
  return {
    ...options,
    hosts: new ListedHosts(hosts, base === false ? noHosts : base),
    ...(logins.length > 0 && { credentials: { ...Object.fromEntries(logins), ...options.credentials } }),
  }
}

const noHosts: HostConfiguration = {
  hostsOf: () => Promise.resolve({ mirrors: [] }),
  tlsOf: () => Promise.resolve(undefined),
}

/** The hosts of a list, and those of another configuration. */
class ListedHosts implements HostConfiguration {
  readonly #hosts: ReadonlyMap<string, SyncHost>
  readonly #base: HostConfiguration
  readonly #files = new HostFiles()

  constructor(hosts: readonly SyncHost[], base: HostConfiguration) {
    this.#hosts = new Map(hosts.map((host) => [canonicalRegistry(host.registry), host]))
    this.#base = base
  }

  async hostsOf(name: RepositoryName, request?: HostRequest): Promise<RepositoryHosts> {
    const configured = await this.#base.hostsOf(name, request)
    if (this.#hosts.get(canonicalRegistry(name.registry))?.tls !== 'http') return configured
    const { registry, repository } = name
    return {
      ...configured,
      registry: { ...(configured.registry ?? { host: registry, repository }), scheme: 'http' },
    }
  }

  async tlsOf(host: string, request: HostRequest = {}): Promise<HostTls | undefined> {
    const listed = this.#hosts.get(canonicalRegistry(host))
    const configured = await this.#base.tlsOf(host, request)
    if (!listed) return configured
    const { certDir } = listed
    const files = certDir === undefined ? undefined : readCertificateDirectory(this.#files, certDir, request)
    return mergeTls(tlsOfEntry(listed), files, configured)
  }
}

function tlsOfEntry({ tls, ca }: SyncHost): HostTls | undefined {
  const settings: HostTls = {
    ...(ca !== undefined && { ca }),
    ...(tls === 'verified' && { skipVerify: false, allowsPlainHttp: false }),
    ...(tls === 'unverified' && { skipVerify: true, allowsPlainHttp: false }),
    ...(tls === 'any' && { skipVerify: true, allowsPlainHttp: true }),
  }
  return Object.keys(settings).length === 0 ? undefined : settings
}
