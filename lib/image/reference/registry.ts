/** Splits names into registry and repository (distribution/reference normalize.go). */

/** Registry of a name without one. */
export const defaultRegistry = 'docker.io'

/**
 * Other names of Docker Hub: an old alias, which is replaced by `docker.io`, and the host of its API, which is kept.
 */
const legacyRegistry = 'index.docker.io'
const hubHost = 'registry-1.docker.io'

const isHub = (registry: string): boolean => registry === defaultRegistry || registry === hubHost

/** Returns whether the first component of a name is a registry rather than a namespace of Docker Hub. */
const isRegistry = (first: string): boolean =>
  first === 'localhost' || /[.:[]/.test(first) || first.toLowerCase() !== first

/**
 * Splits `text` into the registry and the rest. Adds `library/` on Docker Hub. Returns undefined if `text` is an image
 * ID: 64 hexadecimal digits without a registry.
 */
export function splitRegistry(text: string): { registry: string; rest: string } | undefined {
  if (/^[0-9a-f]{64}(?:[:@]|$)/.test(text)) return undefined
  const slash = text.indexOf('/')
  const first = text.slice(0, Math.max(slash, 0))
  if (slash < 0 || !isRegistry(first))
    return { registry: defaultRegistry, rest: slash < 0 ? `library/${text}` : text }
  const registry = first === legacyRegistry ? defaultRegistry : first
  const rest = text.slice(slash + 1)
  return { registry, rest: isHub(registry) && !/^[^:@]*\//.test(rest) ? `library/${rest}` : rest }
}
