/** Combines the files of containerd, Podman and Docker that say from which hosts images come. */
import { ContainerdDirectories } from './containerd/containerd-hosts.js'
import { HostFiles } from './files/host-files.js'
import { type HostConfigurationOptions, hostPlaces } from './host-places.js'
import { mergeTls } from './merge-tls.js'
import type {
  HostConfiguration,
  HostRequest,
  HostTls,
  RegistryHost,
  RepositoryHosts,
} from './registry-hosts.js'
import { canonicalRegistry, type RepositoryName } from '../policy/registry-name.js'

/**
 * Returns what the files on this machine say about hosts. The files are read when they are needed, and again after they
 * change.
 */
export function hostConfiguration(options: HostConfigurationOptions = {}): HostConfiguration {
  const files = new HostFiles()
  const places = hostPlaces(options)
  const containerd = new ContainerdDirectories(places.containerd, files)

  const tlsOf = (host: string, request: HostRequest): HostTls | undefined =>
    containerd.tlsOf(canonicalRegistry(host), request)

  const withTls = (host: RegistryHost, request: HostRequest): RegistryHost => {
    const tls = mergeTls(host.tls, tlsOf(host.host, request))
    return tls === undefined ? host : { ...host, tls }
  }

  const hostsOf = (repositoryName: RepositoryName, request: HostRequest): RepositoryHosts => {
    const { mirrors, registry, ...rest } = containerd.hostsOf(repositoryName, request)?.hosts ?? {
      mirrors: [],
    }
    return {
      ...rest,
      mirrors: mirrors.map((host) => withTls(host, request)),
      ...(registry && { registry: withTls(registry, request) }),
    }
  }

  return {
    // eslint-disable-next-line @typescript-eslint/require-await -- `async` turns what is thrown into a rejection
    async hostsOf(repositoryName, request = {}) {
      return hostsOf(repositoryName, request)
    },
    // eslint-disable-next-line @typescript-eslint/require-await -- as above
    async tlsOf(host, request = {}) {
      return tlsOf(host, request)
    },
  }
}
