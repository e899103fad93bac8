/** Makes the hosts of Docker Hub, and the settings of insecure registries, from Docker's `daemon.json`. */
import { isIP } from 'node:net'
import { addressClassOf } from '../../policy/address.js'
import { canonicalRegistry, type RepositoryName } from '../../policy/registry-name.js'
import type { HostTls, RepositoryHosts } from '../registry-hosts.js'
import type { DaemonJson } from './daemon-json.js'

/** Returns the hosts of a repository; undefined if it is not on Docker Hub or there are no mirrors. */
export function dockerHosts(
  { path, mirrors }: DaemonJson,
  { registry, repository }: RepositoryName,
): RepositoryHosts | undefined {
  if (canonicalRegistry(registry) !== 'docker.io' || mirrors.length === 0) return undefined
  return {
    mirrors: mirrors.map(({ scheme, host, path: prefix }) => ({
      ...{ host, scheme, repository },
      ...(prefix !== '' && { apiPath: `${prefix}/v2/` }),
    })),
    configuredBy: path,
  }
}

/**
 * Returns the settings of an insecure registry; undefined if the host is not one. Docker treats loopback addresses as
 * insecure. Names are not resolved: a network contains only hosts that are addresses, and `localhost`.
 */
export function dockerTls(daemonJson: DaemonJson, host: string): HostTls | undefined {
  const { insecureHosts, insecureAddresses } = daemonJson
  const name = canonicalRegistry(host)
  const address = name.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
  const family = isIP(address)
  const isInsecure =
    insecureHosts.has(name) ||
    addressClassOf(address) === 'loopback' ||
    (family !== 0 && insecureAddresses.check(address, family === 4 ? 'ipv4' : 'ipv6'))
  return isInsecure ? { skipVerify: true, allowsPlainHttp: true } : undefined
}
