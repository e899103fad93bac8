/**
 * Where the registry ends and the repository begins in what users type (distribution/reference normalize.go).
 */

/** The registry of a name that has none. */
export const defaultRegistry = 'docker.io'

/** Other names of Docker Hub: the first stands for the default registry, the second is its host. */
const legacyRegistry = 'index.docker.io'
const hubHost = 'registry-1.docker.io'

const isHub = (registry: string): boolean => registry === defaultRegistry || registry === hubHost

/** Whether a name's first component is a registry rather than a namespace of Docker Hub. */
const isRegistry = (first: string): boolean =>
  first === 'localhost' || /[.:[]/.test(first) || first.toLowerCase() !== first

/**
 * `text` as a registry and the rest, `library/` added on Docker Hub. Undefined where the text may only be read
 * as an image id: 64 hexadecimal digits with no registry.
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
