/** Whose credentials go to which registry: by exact host and port, never by resemblance (S0-80, threats.md §6). */
import type { Credential } from './credential.js'
import { canonicalRegistry } from './registry-name.js'

export interface Credentials {
  /** The credential for a registry named as references name it (`docker.io`, `localhost:5000`). */
  for(registry: string): Credential | undefined
  /** Why there is none although there should be (a credential helper, say), as a sentence to put in a hint. */
  why?(registry: string): string | undefined
}

export const anonymous: Credentials = { for: () => undefined }

/** One credential for one registry, under any of its names. */
export function onlyFor(registry: string, credential: Credential): Credentials {
  const wanted = canonicalRegistry(registry)
  return { for: (asked) => (canonicalRegistry(asked) === wanted ? credential : undefined) }
}

/** The first that knows the registry is asked, so what is given for one pull goes before the default (S0-79). */
export function firstOf(...sources: readonly Credentials[]): Credentials {
  const first = <T>(ask: (source: Credentials) => T | undefined): T | undefined => {
    for (const source of sources) {
      const found = ask(source)
      if (found !== undefined) return found
    }
    return undefined
  }
  return {
    for: (registry) => first((source) => source.for(registry)),
    why: (registry) => first((source) => source.why?.(registry)),
  }
}
