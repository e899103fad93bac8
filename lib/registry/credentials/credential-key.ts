/**
 * Parses the keys under which credentials are stored: a registry, or a namespace or repository of it.
 *
 * - `quay.io`, `localhost:5000`: the whole registry;
 * - `quay.io/team`, `quay.io/team/app`: repositories that begin with these components (containers-auth.json(5));
 * - `https://quay.io`, `https://quay.io/v1/`, `https://quay.io/v2/`: the whole registry, as written by `docker
 * login`;
 * - `*.example.com`, `reg?.example.com/team`: registries whose name has the same number of components, as in a
 * `dockerconfigjson` of Kubernetes ("Images", "Interpretation of config.json"). `*` and `?` match within a component.
 */
import { canonicalRegistry, hostOf, type RepositoryName } from '../policy/registry-name.js'

/** A parsed key. */
export interface CredentialKey {
  /** The original text. */
  readonly text: string
  /** Canonical name of the registry (`canonicalRegistry`). */
  readonly registry: string
  /** Leading components of the repositories that the key covers; empty for the whole registry. */
  readonly path: readonly string[]
}

/** Parses a key. Any text is accepted. */
export function parseCredentialKey(text: string): CredentialKey {
  const bare = text.trim().replace(/^https?:\/\//i, '')
  const path = bare.split('/').slice(1)
  const isUrl = bare.length < text.trim().length
  // `v1` and `v2` are the root of the API, not a namespace. Without a scheme, only the trailing slash distinguishes
  // them.
  const isRoot = /^v[12]$/.test(path[0] ?? '') && (isUrl || (path.length === 2 && path[1] === ''))
  return {
    text,
    registry: canonicalRegistry(text),
    path: path.slice(isRoot ? 1 : 0).filter((component) => component !== ''),
  }
}

/** Reports whether the key is a prefix of the registry and repository, by whole components. */
export function covers(key: CredentialKey, { registry, repository }: RepositoryName): boolean {
  if (!namesRegistry(key, canonicalRegistry(registry))) return false
  const components = repository.split('/')
  return key.path.every((component, index) => component === components[index])
}

const isPattern = ({ registry }: CredentialKey): boolean => /[*?]/.test(registry)

function namesRegistry(key: CredentialKey, registry: string): boolean {
  if (!isPattern(key)) return key.registry === registry
  const escaped = key.registry.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll('*', '[^.:]*').replaceAll('?', '[^.:]')}$`).test(registry)
}

/**
 * Returns the keys that cover the repository, the most specific first. A longer path precedes a shorter one. Among
 * equal paths, the exact registry name is first; then, for Docker Hub, the order is that of `hubNames`; for other
 * registries, names precede URLs. Patterns are last, those with more characters that are not wildcards first.
 */
export function bySpecificity<Key extends CredentialKey>(
  keys: Iterable<Key>,
  repositoryName: RepositoryName,
): readonly Key[] {
  const rank = (key: CredentialKey): number =>
    hostOf(repositoryName.registry) === bareName(key) ? -1 : spellingRank(key)
  return [...keys]
    .filter((key) => covers(key, repositoryName))
    .sort(
      (a, b) =>
        b.path.length - a.path.length ||
        Number(isPattern(a)) - Number(isPattern(b)) ||
        (isPattern(a) ? literalLength(b) - literalLength(a) : rank(a) - rank(b)),
    )
}

const literalLength = ({ registry }: CredentialKey): number => registry.replace(/[*?]/g, '').length

/** Names of Docker Hub in Docker and Podman files, in order of preference. */
const hubNames = ['docker.io', 'index.docker.io', 'https://index.docker.io/v1', 'registry-1.docker.io']

/** Returns the host of a key; undefined if the key is a URL. */
const bareName = ({ text }: CredentialKey): string | undefined =>
  /^https?:\/\//i.test(text.trim()) ? undefined : hostOf(text)

function spellingRank(key: CredentialKey): number {
  const name = bareName(key)
  if (key.registry !== 'docker.io') return name === undefined ? 1 : 0
  const index = hubNames.indexOf(name ?? key.text.trim().toLowerCase().replace(/\/+$/, ''))
  return index === -1 ? hubNames.length : index
}
