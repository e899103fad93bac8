/** Finds which repository of which registry a request to the served store is about. */
import { isRepository } from '../../lib/image/index.js'

/** A repository in the store. */
export interface RepositoryKey {
  /** Host and port, in lower case; `docker.io` for all names of Docker Hub. */
  readonly registry: string
  readonly repository: string
}

const hub = 'docker.io'

/** A name or an address, with or without a port, in lower case. */
const host = /^(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?$/

/** Other names of Docker Hub. */
const hubAliases: readonly string[] = ['index.docker.io', 'registry-1.docker.io']

/** Returns the host of a registry as keys have it. */
export function registryKey(name: string): string {
  const lower = name.toLowerCase()
  return hubAliases.includes(lower) ? hub : lower
}

/** Returns the key of a repository as one string. */
export const keyText = ({ registry, repository }: RepositoryKey): string => `${registry}/${repository}`

/**
 * Returns the repositories that the name in the path of a request may mean, most likely first. Empty if it is not a name.
 *
 * With `ns`, the host that a mirror is asked for (containerd): the repository of that registry. Without: `library/alpine`
 * and `alpine` are of Docker Hub, `quay.io/team/app` is of quay.io. A path cannot contain the colon of a port for most
 * clients, so `localhost_5000/app` also means `localhost:5000/app`.
 */
export function repositoriesNamed(name: string, ns?: string): readonly RepositoryKey[] {
  const [, first = '', rest = ''] = /^([^/]+)\/(.+)$/.exec(name) ?? []
  const candidates =
    ns === undefined ? withoutNamespace(name, first, rest) : withNamespace(name, first, rest, registryKey(ns))
  return candidates.filter(({ registry, repository }) => host.test(registry) && isRepository(repository))
}

function withNamespace(name: string, first: string, rest: string, registry: string): RepositoryKey[] {
  const own = repositoryOf(registry, name)
  // A mirror may be configured with a path that names the registry as well.
  return rest !== '' && hostsIn(first).includes(registry) ? [own, repositoryOf(registry, rest)] : [own]
}

function withoutNamespace(name: string, first: string, rest: string): RepositoryKey[] {
  if (rest === '') return [repositoryOf(hub, name)]
  const isHost = /[.:[]/.test(first) || first === 'localhost'
  const hosts = hostsIn(first).slice(isHost ? 0 : 1)
  return [...(isHost ? [] : [repositoryOf(hub, name)]), ...hosts.map((each) => repositoryOf(each, rest))]
}

/** Returns the registries that the first part of a path may mean: itself, and the one with a port. */
function hostsIn(first: string): string[] {
  const withPort = /^(.+)_(\d{1,5})$/.exec(first)
  return [registryKey(first), ...(withPort ? [registryKey(`${withPort[1]}:${withPort[2]}`)] : [])]
}

const repositoryOf = (registry: string, name: string): RepositoryKey => ({
  registry,
  repository: registry === hub && !name.includes('/') ? `library/${name}` : name,
})
