/**
 * Makes the hosts of a repository from the tables of `registries.conf`.
 *
 * Source: containers-registries.conf(5), and c/image, `PullSourcesFromReference`.
 */
import { quoted } from '../../../codec/printable.js'
import { isHost, isRepository } from '../../../image/reference/grammar.js'
import { canonicalRegistry, type RepositoryName } from '../../policy/registry-name.js'
import { configFault } from '../files/config-source.js'
import { hubHostFor } from '../hub-host.js'
import type { HostTls, RegistryHost, RepositoryHosts } from '../registry-hosts.js'
import { longestPrefix, rewriteName } from './image-prefix.js'
import type { RegistryEndpoint, RegistryEntry } from './registry-entry.js'

/** What `insecure = true` allows. */
export const insecureTls: HostTls = { skipVerify: true, allowsPlainHttp: true }

/** Returns the table for a repository or, without `repository`, for a registry. */
export const entryFor = (
  entries: Iterable<RegistryEntry>,
  registry: string,
  repository?: string,
): RegistryEntry | undefined =>
  longestPrefix(entries, canonicalRegistry(registry) + (repository === undefined ? '' : `/${repository}`))

/**
 * Returns the hosts of a repository that a table covers.
 * @param entries - all tables, since a mirror may be blocked by another one
 * @throws USAGE when a location does not make a name of a repository
 */
export function containersHosts(
  entry: RegistryEntry,
  { registry, repository }: RepositoryName,
  entries: readonly RegistryEntry[],
): RepositoryHosts {
  const name = `${canonicalRegistry(registry)}/${repository}`
  const locate = (endpoint: RegistryEndpoint): RepositoryName => relocate(entry, endpoint, name)
  const blockedBy = (target: RepositoryName): string | undefined => {
    const found = entryFor(entries, target.registry, target.repository)
    return found?.blocked === true ? found.path : undefined
  }
  const primary = locate(entry)
  const blocking = entry.blocked ? entry.path : blockedBy(primary)
  if (blocking !== undefined) return { mirrors: [], blockedBy: blocking, configuredBy: entry.path }
  const mirrors = entry.mirrors.flatMap((mirror): readonly RegistryHost[] => {
    const target = locate(mirror)
    if (blockedBy(target) !== undefined) return []
    const { manifests } = mirror
    return [{ ...toHost(target, mirror), ...(manifests !== 'all' && { manifests }) }]
  })
  const isUnchanged = `${primary.registry}/${primary.repository}` === name && !entry.insecure
  return { mirrors, ...(!isUnchanged && { registry: toHost(primary, entry) }), configuredBy: entry.path }
}

const toHost = ({ registry, repository }: RepositoryName, { insecure }: RegistryEndpoint): RegistryHost => ({
  ...{ host: hubHostFor(registry), repository },
  ...(insecure && { tls: insecureTls }),
})

function relocate(entry: RegistryEntry, { location }: RegistryEndpoint, name: string): RepositoryName {
  const text = rewriteName(name, entry.prefix, location)
  const [, registry = '', path = ''] = /^([^/]*)\/(.*)$/s.exec(text) ?? []
  const repository = canonicalRegistry(registry) === 'docker.io' ? withLibrary(path) : path
  if (isHost(registry.replace(/:\d{1,5}$/, '')) && isRepository(repository)) return { registry, repository }
  throw configFault(
    entry.path,
    `the location ${quoted(location)} makes ${quoted(name)} into ${quoted(text)}, which is not the name of a repository`,
    entry.line,
  )
}

const withLibrary = (path: string): string => (path.includes('/') ? path : `library/${path}`)
