/** Finds hosts and certificates in the files of containerd, Podman and Docker. */
import path from 'node:path'
import { canonicalRegistry, dockerHubHost, type RepositoryName } from '../../policy/registry-name.js'
import { ContainerdDirectories } from '../containerd/containerd-hosts.js'
import { readRegistries } from '../containers/containers-files.js'
import { containersHosts, entryFor, insecureTls } from '../containers/containers-hosts.js'
import type { Registries } from '../containers/merge-registries.js'
import { type DaemonJson, parseDaemonJson } from '../docker/daemon-json.js'
import { dockerHosts, dockerTls } from '../docker/docker-hosts.js'
import { readCertificateDirectory } from '../files/certificate-files.js'
import { exists, HostFiles, missingFault } from '../files/host-files.js'
import type { HostPlaces } from '../host-places.js'
import { mergeTls } from '../merge-tls.js'
import type { HostRequest, HostTls, RegistryHost, RepositoryHosts } from '../registry-hosts.js'

/** Finds the hosts of a repository in one kind of file. */
type FindHosts = () => RepositoryHosts | undefined

/** The files at `places`. All methods throw USAGE when a file cannot be read or parsed, and CANCELLED. */
export class ConfigurationFiles {
  readonly #files = new HostFiles()
  readonly #places: HostPlaces
  readonly #containerd: ContainerdDirectories

  constructor(places: HostPlaces) {
    this.#places = places
    this.#containerd = new ContainerdDirectories(places.containerd, this.#files)
  }

  /** Returns the hosts of a repository; see `hostConfiguration`. */
  hostsOf(repositoryName: RepositoryName, request: HostRequest): RepositoryHosts {
    const found = this.#firstOf(this.#finders(repositoryName, request)) ?? { mirrors: [] }
    const { mirrors, registry, ...rest } = found
    return {
      ...rest,
      mirrors: mirrors.map((host) => this.#withTls(host, request)),
      ...(registry && { registry: this.#withTls(registry, request) }),
    }
  }

  /**
   * Returns the certificates for a host and whether it is insecure; undefined if no file says so.
   * @param repository - undefined for the settings of the whole host
   */
  tlsOf(host: string, repository: string | undefined, request: HostRequest): HostTls | undefined {
    const registry = canonicalRegistry(host)
    const isInsecure = entryFor(this.registries(request).registries, registry, repository)?.insecure === true
    const daemonJson = this.#daemonJson(request)
    return mergeTls(
      this.#containerd.tlsOf(registry, request),
      isInsecure ? insecureTls : undefined,
      daemonJson && dockerTls(daemonJson, host),
      this.#certificates(registry, request),
    )
  }

  /** Returns the combined `registries.conf`. */
  registries(request: HostRequest): Registries {
    return readRegistries(this.#files, this.#places.containers, request)
  }

  /** Returns functions that find the hosts in one kind of file each, in the order of precedence. */
  #finders(repositoryName: RepositoryName, request: HostRequest): readonly FindHosts[] {
    const { explicit } = this.#places
    const containers =
      (when: (path: string) => boolean): FindHosts =>
      () => {
        const { registries } = this.registries(request)
        const entry = entryFor(registries, repositoryName.registry, repositoryName.repository)
        return entry && when(entry.path) ? containersHosts(entry, repositoryName, registries) : undefined
      }
    const blocked: FindHosts = () => {
      const hosts = containers(() => true)()
      return hosts?.blockedBy === undefined ? undefined : hosts
    }
    const containerd =
      (when: (isDefault: boolean) => boolean): FindHosts =>
      () => {
        this.#requireHostsDir()
        const found = this.#containerd.hostsOf(repositoryName, request)
        return found && when(found.isDefault) ? found.hosts : undefined
      }
    const docker: FindHosts = () => {
      const daemonJson = this.#daemonJson(request)
      return daemonJson && dockerHosts(daemonJson, repositoryName)
    }
    const any = (): boolean => true
    return [
      ...(explicit.containers ? [containers(any)] : []),
      ...(explicit.containerd ? [containerd(any)] : []),
      ...(explicit.docker ? [docker] : []),
      blocked,
      containers((file) => this.#isUsers(file)),
      containerd((isDefault) => !isDefault),
      containers(any),
      docker,
      containerd(any),
    ]
  }

  #firstOf(finders: readonly FindHosts[]): RepositoryHosts | undefined {
    for (const find of finders) {
      const hosts = find()
      if (hosts !== undefined) return hosts
    }
    return undefined
  }

  #isUsers(file: string): boolean {
    const { configured, userFiles, userDirectories } = this.#places.containers
    return (
      file === configured?.path || userFiles.includes(file) || userDirectories.includes(path.dirname(file))
    )
  }

  #requireHostsDir(): void {
    const { containerd } = this.#places.explicit
    if (containerd !== undefined && !exists(containerd.path))
      throw missingFault(containerd.path, containerd.namedBy)
  }

  #daemonJson(request: HostRequest): DaemonJson | undefined {
    const { explicit, docker } = this.#places
    if (explicit.docker !== undefined)
      return this.#files.readRequired(explicit.docker.path, parseDaemonJson, explicit.docker.namedBy, request)
    const file = docker.find(exists)
    return file === undefined ? undefined : this.#files.read(file, parseDaemonJson, request)
  }

  /** Returns the certificates in the first directory of a registry that exists. */
  #certificates(registry: string, request: HostRequest): HostTls | undefined {
    if (/[/\\\0]|^\.{0,2}$/.test(registry)) return undefined
    const names = registry === 'docker.io' ? [registry, dockerHubHost] : [registry]
    const directory = this.#places.certificates
      .flatMap((each) => names.map((name) => path.join(each, name)))
      .find(exists)
    return directory === undefined ? undefined : readCertificateDirectory(this.#files, directory, request)
  }

  #withTls(host: RegistryHost, request: HostRequest): RegistryHost {
    const tls = mergeTls(host.tls, this.tlsOf(host.host, host.repository, request))
    return tls === undefined ? host : { ...host, tls }
  }
}
