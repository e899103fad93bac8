/** Normalizes registry names. */

/** Identifies a repository. A `Reference` is one. */
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

/** Returns one name for each registry: its host and port, or `docker.io` for all names of Docker Hub. */
export function canonicalRegistry(name: string): string {
  const host = hostOf(name)
  return dockerHub.has(host) ? 'docker.io' : host
}
