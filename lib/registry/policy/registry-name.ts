/** The names that one registry goes by. */

/** What a repository is found by; a `Reference` is one. */
export interface RepositoryName {
  /** As references name it: `docker.io`, `localhost:5000`. */
  readonly registry: string
  /** With all its components: `library/alpine`. */
  readonly repository: string
}

/** Docker Hub's: what references say, what Docker's files say, and the host that answers. Nothing else is an alias. */
const dockerHub = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io'])

/** The host that serves `docker.io`. */
export const dockerHubHost = 'registry-1.docker.io'

/** The host and port in a name: lower case, without scheme, path and trailing slash. */
export function hostOf(name: string): string {
  return name
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/\/.*$/s, '')
    .toLowerCase()
}

/** One name for a registry: its host and port, and one for all that Docker Hub goes by. */
export function canonicalRegistry(name: string): string {
  const host = hostOf(name)
  return dockerHub.has(host) ? 'docker.io' : host
}
