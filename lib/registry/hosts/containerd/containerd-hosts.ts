/**
 * Makes the hosts of a repository from containerd's configuration of its registry.
 *
 * Source: containerd, docs/hosts.md, core/remotes/docker/config/hosts.go and registry.go.
 */
import { canonicalRegistry, type RepositoryName } from '../../policy/registry-name.js'
import {
  readCertificateDirectory,
  readCertificates,
  readClientCertificate,
} from '../files/certificate-files.js'
import type { HostFiles } from '../files/host-files.js'
import { hubHostFor } from '../hub-host.js'
import type { HostRequest, HostTls, RegistryHost, RepositoryHosts } from '../registry-hosts.js'
import { findHostDirectory } from './host-directory.js'
import type { HostEntry, HostsToml } from './hosts-toml.js'

/** Hosts of a repository, and whether they are those of all registries without a directory of their own. */
export interface ContainerdHosts {
  readonly hosts: RepositoryHosts
  readonly isDefault: boolean
}

/** The directories in which containerd configures registries. */
export class ContainerdDirectories {
  readonly #roots: readonly string[]
  readonly #files: HostFiles

  /** @param roots - directories such as `/etc/containerd/certs.d`, the first of which has precedence */
  constructor(roots: readonly string[], files: HostFiles) {
    this.#roots = roots
    this.#files = files
  }

  /**
   * Returns the hosts of a repository; undefined if no `hosts.toml` configures its registry.
   * @throws USAGE when a file is malformed or cannot be read; CANCELLED
   */
  hostsOf(repositoryName: RepositoryName, request: HostRequest = {}): ContainerdHosts | undefined {
    const registry = canonicalRegistry(repositoryName.registry)
    const directory = findHostDirectory(this.#files, this.#roots, registry, request)
    if (directory?.hostsToml === undefined) return undefined
    const { mirrors, server, path } = directory.hostsToml
    const toHost = (entry: HostEntry): RegistryHost =>
      this.#toHost(entry, { registry, repository: repositoryName.repository }, path, request)
    return {
      isDefault: directory.isDefault,
      hosts: {
        mirrors: mirrors.filter(({ mayPull }) => mayPull).map(toHost),
        ...registryOf(server, toHost),
        configuredBy: path,
      },
    }
  }

  /**
   * Returns the certificates for a registry: those of the last host in its `hosts.toml`, if that is the registry, or the
   * files of a directory without `hosts.toml`. Undefined if there are none.
   * @throws USAGE when a file is malformed or cannot be read; CANCELLED
   */
  tlsOf(registry: string, request: HostRequest = {}): HostTls | undefined {
    const directory = findHostDirectory(this.#files, this.#roots, registry, request)
    if (directory === undefined) return undefined
    const { hostsToml } = directory
    if (hostsToml === undefined) return readCertificateDirectory(this.#files, directory.path, request)
    const { url } = hostsToml.server
    // The settings in `_default` are those of registries, which a mirror is not.
    if (directory.isDefault || (url !== undefined && !isHostOf(url.host, registry))) return undefined
    return this.#tlsOf(hostsToml.server, hostsToml.path, request)
  }

  #toHost(
    entry: HostEntry,
    { registry, repository }: RepositoryName,
    file: string,
    request: HostRequest,
  ): RegistryHost {
    const { url, headers, dialTimeout } = entry
    const host = hubHostFor(url?.host ?? registry)
    const tls = this.#tlsOf(entry, file, request)
    // containerd tries TLS first if it is configured for a host with the scheme http, except on port 80.
    const prefersTls = url?.scheme === 'http' && tls !== undefined && !host.endsWith(':80')
    const apiPath = url && apiPathOf(url.path, entry.overridesPath)
    return {
      host,
      ...(url && { scheme: prefersTls ? 'https' : url.scheme }),
      ...(apiPath !== undefined && apiPath !== '/v2/' && { apiPath }),
      repository,
      // Without `server`, containerd ignores the capabilities of the file.
      ...(url && !entry.mayResolve && { manifests: 'digests' as const }),
      ...(!isHostOf(host, registry) && { namespace: registry }),
      ...(Object.keys(headers).length > 0 && { headers }),
      ...(tls && { tls: prefersTls ? { ...tls, allowsPlainHttp: true } : tls }),
      ...(dialTimeout !== undefined && { dialTimeout }),
    }
  }

  #tlsOf({ ca, client, skipVerify }: HostEntry, file: string, request: HostRequest): HostTls | undefined {
    const certificates = ca.flatMap((each) => readCertificates(this.#files, each, file, request) ?? [])
    const clients = client.flatMap(
      ({ certificate, key }) => readClientCertificate(this.#files, certificate, key, file, request) ?? [],
    )
    const tls: HostTls = {
      ...(certificates.length > 0 && { ca: certificates.join('\n') }),
      ...(clients.length > 0 && { client: clients }),
      ...(skipVerify !== undefined && { skipVerify }),
    }
    return Object.keys(tls).length > 0 ? tls : undefined
  }
}

/** Returns the fields of `RepositoryHosts` about the last host. */
function registryOf(
  server: HostsToml['server'],
  toHost: (entry: HostEntry) => RegistryHost,
): Pick<RepositoryHosts, 'registry' | 'usesMirrorsOnly'> {
  if (server.url !== undefined && !server.mayPull) return { usesMirrorsOnly: true }
  const host = toHost(server)
  const isDefault =
    server.url === undefined && Object.keys(host).every((key) => ['host', 'repository'].includes(key))
  return isDefault ? {} : { registry: host }
}

/** Reports whether a host is that of a registry, rather than a mirror. */
const isHostOf = (host: string, registry: string): boolean =>
  hubHostFor(host).toLowerCase() === hubHostFor(registry).toLowerCase()

const apiPathOf = (path: string, overridesPath: boolean): string =>
  overridesPath || path.endsWith('/v2') ? `${path}/` : `${path}/v2/`
