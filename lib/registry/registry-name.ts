/** The names that one registry goes by. */

/** Docker Hub's: what references say, what Docker's files say, and the host that answers. Nothing else is an alias. */
const dockerHub = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io'])

/** The host that serves `docker.io` (S0-04). */
export const dockerHubHost = 'registry-1.docker.io'

/** One name for a registry: lower case, without scheme, path and trailing slash (S0-80). */
export function canonicalRegistry(name: string): string {
  const host = name
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/\/.*$/s, '')
    .toLowerCase()
  return dockerHub.has(host) ? 'docker.io' : host
}
