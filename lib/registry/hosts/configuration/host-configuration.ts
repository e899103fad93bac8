/** Combines the files of containerd, Podman and Docker that say from which hosts images come. */
import { ConfigurationFiles } from './configuration-files.js'
import type { ShortNames } from '../containers/short-name.js'
import { type HostConfigurationOptions, hostPlaces } from '../host-places.js'
import type { HostConfiguration, HostRequest } from '../registry-hosts.js'

/** The configuration of hosts in files, and what they say about names without a registry. */
export interface FileHostConfiguration extends HostConfiguration {
  /**
   * Returns the aliases and search registries of `registries.conf`. At once, since a name is parsed before anything else
   * is done.
   * @throws USAGE when a file cannot be read or parsed; CANCELLED
   */
  shortNames(request?: HostRequest): ShortNames
  /**
   * Returns the names of the credential helpers in `registries.conf`, in the order in which they are asked. The name
   * `containers-auth.json` stands for the files with credentials.
   * @throws as `shortNames`
   */
  credentialHelpers(request?: HostRequest): readonly string[]
}

/**
 * Returns what the files on this machine say about hosts. The files are read when they are needed, and again after they
 * change.
 *
 * The first kind of file that names the registry decides about its hosts: files that an option names; the user's
 * `registries.conf`; containerd's `hosts.toml`; the system's `registries.conf`; Docker's `daemon.json`; containerd's
 * `_default`. A repository that `registries.conf` blocks is blocked, unless an option names a file that decides.
 * Certificates and insecure settings apply to a host whichever file names it.
 */
export function hostConfiguration(options: HostConfigurationOptions = {}): FileHostConfiguration {
  const configuration = new ConfigurationFiles(hostPlaces(options))
  /* eslint-disable @typescript-eslint/require-await -- `async` turns what is thrown into a rejection */
  return {
    async hostsOf(repositoryName, request = {}) {
      return configuration.hostsOf(repositoryName, request)
    },
    async tlsOf(host, request = {}) {
      return configuration.tlsOf(host, undefined, request)
    },
    credentialHelpers: (request = {}) => configuration.registries(request).credentialHelpers,
    shortNames: (request = {}) => configuration.registries(request).shortNames,
  }
  /* eslint-enable @typescript-eslint/require-await */
}
