/** Normalizes registry names, and formats names of registries and repositories for messages. */
import { quoted } from '../../codec/printable.js'

/** Identifies a repository. A `Reference` has these fields. */
export interface RepositoryName {
  /** As in references: `docker.io`, `localhost:5000`. */
  readonly registry: string
  /** With all components: `library/alpine`. */
  readonly repository: string
}

/** Names of Docker Hub: in references, in Docker's files, and of its host. No other registry has aliases. */
const dockerHub = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io'])

/** The host that serves `docker.io`. */
export const dockerHubHost = 'registry-1.docker.io'

/** Returns the host and port in a name: lower case, without scheme, path and trailing slash. */
export function hostOf(name: string): string {
  return name
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/\/.*$/s, '')
    .toLowerCase()
}

/** Returns the canonical name of a registry: its host and port, or `docker.io` for all names of Docker Hub. */
export function canonicalRegistry(name: string): string {
  const host = hostOf(name)
  return dockerHub.has(host) ? 'docker.io' : host
}

/** Returns the name of a host for messages: `Docker Hub` for its hosts, which users do not type. */
export const displayHost = (host: string): string => (isHub(host) ? 'Docker Hub' : host)

/** Returns the name of a repository as users type it: `alpine`, `team/app`, `quay.io/team/app`. */
export function shortName({ registry, repository }: RepositoryName): string {
  return isHub(registry) ? withoutLibrary(repository) : `${registry}/${repository}`
}

/**
 * Returns the name of a repository or image for messages, without the registry and in quotes: `"alpine:3.20"`,
 * `"team/app"`.
 * @param target - tag or digest; undefined for the repository
 */
export function displayName({ registry, repository }: RepositoryName, target?: string): string {
  const name = isHub(registry) ? withoutLibrary(repository) : repository
  const suffix = target === undefined ? '' : `${target.includes(':') ? '@' : ':'}${target}`
  return quoted(name + suffix, 500)
}

const isHub = (registry: string): boolean => canonicalRegistry(registry) === 'docker.io'

const withoutLibrary = (repository: string): string => repository.replace(/^library\/(?=[^/]+$)/, '')
