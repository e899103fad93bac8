/**
 * Defines where credentials come from and which repository they apply to. Keys match by exact host, port and path
 * components.
 */
import type { Credential } from './credential.js'
import { bySpecificity, parseCredentialKey } from './credential-key.js'
import type { RepositoryName } from '../policy/registry-name.js'

/** Options of a credential lookup. */
export interface CredentialRequest {
  readonly signal?: AbortSignal | undefined
  /** Receives problems that were ignored: a code for programs and a sentence for users. Contains no secret. */
  readonly onWarning?: ((code: string, message: string) => void) | undefined
}

/** A source of credentials, such as options or a file. It is queried once for each repository in use. */
export interface Credentials {
  /**
   * Returns the credential for a repository, or undefined if there is none.
   * @throws USAGE when a configured credential cannot be read; CANCELLED
   */
  for(repositoryName: RepositoryName, request?: CredentialRequest): Promise<Credential | undefined>
  /**
   * Returns the reason why there is no credential although the user may expect one, as a sentence for a hint. Called
   * after `for`.
   */
  why?(repositoryName: RepositoryName): Promise<string | undefined>
}

/** The source without credentials. */
export const anonymous: Credentials = { for: () => Promise.resolve(undefined) }

/** Returns a source that selects the most specific key that covers a repository (see `bySpecificity`). */
export function byRegistry(entries: Iterable<readonly [key: string, credential: Credential]>): Credentials {
  const keys = [...entries].map(([key, credential]) => ({ ...parseCredentialKey(key), credential }))
  return { for: (repositoryName) => Promise.resolve(bySpecificity(keys, repositoryName)[0]?.credential) }
}

/**
 * Returns a source of one credential for a registry, under any of its names, or for a namespace such as
 * `quay.io/team`.
 */
export const onlyFor = (key: string, credential: Credential): Credentials => byRegistry([[key, credential]])

/** Returns a source that uses the first of `sources` with a credential. Earlier sources take precedence. */
export function firstOf(...sources: readonly Credentials[]): Credentials {
  return {
    async for(repositoryName, request) {
      for (const source of sources) {
        const found = await source.for(repositoryName, request)
        if (found !== undefined) return found
      }
      return undefined
    },
    async why(repositoryName) {
      for (const source of sources) {
        const why = await source.why?.(repositoryName)
        if (why !== undefined) return why
      }
      return undefined
    },
  }
}
