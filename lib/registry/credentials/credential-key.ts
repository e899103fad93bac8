/**
 * The keys under which credentials stand in files and options: a registry, or a namespace or repository of one.
 *
 * - `quay.io`, `localhost:5000`: the whole registry;
 * - `quay.io/team`, `quay.io/team/app`: what begins with these components (containers-auth.json(5));
 * - `https://quay.io`, `https://quay.io/v1/`, `https://quay.io/v2/`: the whole registry, as `docker login` wrote it.
 */
import { canonicalRegistry, hostOf, type RepositoryName } from '../policy/registry-name.js'

export interface CredentialKey {
  /** As it was written. */
  readonly text: string
  /** One name for the registry (`canonicalRegistry`). */
  readonly registry: string
  /** The components that a repository must begin with; none in a key for the whole registry. */
  readonly path: readonly string[]
}

export function parseCredentialKey(text: string): CredentialKey {
  const bare = text.trim().replace(/^https?:\/\//i, '')
  const path = bare.split('/').slice(1)
  const isUrl = bare.length < text.trim().length
  // The root of the API is no namespace. Without a scheme only its final slash tells it from one.
  const isRoot = /^v[12]$/.test(path[0] ?? '') && (isUrl || (path.length === 2 && path[1] === ''))
  return {
    text,
    registry: canonicalRegistry(text),
    path: path.slice(isRoot ? 1 : 0).filter((component) => component !== ''),
  }
}

/** Whether the key is a prefix of the registry and repository, by whole components. */
export function covers(key: CredentialKey, { registry, repository }: RepositoryName): boolean {
  if (key.registry !== canonicalRegistry(registry)) return false
  const asked = repository.split('/')
  return key.path.every((component, at) => component === asked[at])
}

/**
 * The keys that cover `asked`, the most specific first: the longest path; then the very name of the registry that was
 * asked for; then, of Docker Hub's names, the one that comes first in `hubNames`; then a name before a URL.
 */
export function bySpecificity<Key extends CredentialKey>(
  keys: Iterable<Key>,
  asked: RepositoryName,
): readonly Key[] {
  const distance = (key: CredentialKey): number =>
    hostOf(asked.registry) === bareName(key) ? -1 : spelling(key)
  return [...keys]
    .filter((key) => covers(key, asked))
    .sort((a, b) => b.path.length - a.path.length || distance(a) - distance(b))
}

/** What Docker and Podman call Docker Hub, in the order in which one is preferred to another. */
const hubNames = ['docker.io', 'index.docker.io', 'https://index.docker.io/v1', 'registry-1.docker.io']

/** The host of a key that is no URL. */
const bareName = ({ text }: CredentialKey): string | undefined =>
  /^https?:\/\//i.test(text.trim()) ? undefined : hostOf(text)

function spelling(key: CredentialKey): number {
  const name = bareName(key)
  if (key.registry !== 'docker.io') return name === undefined ? 1 : 0
  const at = hubNames.indexOf(name ?? key.text.trim().toLowerCase().replace(/\/+$/, ''))
  return at === -1 ? hubNames.length : at
}
