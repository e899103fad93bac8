/** Whose credentials go to which repository: by exact host, port and path components, never by resemblance. */
import type { Credential } from './credential.js'
import { bySpecificity, parseCredentialKey } from './credential-key.js'
import type { RepositoryName } from '../policy/registry-name.js'

export interface CredentialRequest {
  readonly signal?: AbortSignal | undefined
  /** Called for what is wrong and was ignored: a code for programs, a sentence for people. Holds no secret. */
  readonly onWarning?: ((code: string, message: string) => void) | undefined
}

/** Where credentials come from: options, a file, a helper. It is asked once for each repository that is used. */
export interface Credentials {
  /**
   * The credential for the requests to one repository; undefined where there is none for it.
   * @throws WindlassError USAGE where there should be one and it cannot be read; CANCELLED
   */
  for(asked: RepositoryName, request?: CredentialRequest): Promise<Credential | undefined>
  /** Why there is none although the user may expect one, as a sentence for a hint. Asked after `for`. */
  why?(asked: RepositoryName): Promise<string | undefined>
}

export const anonymous: Credentials = { for: () => Promise.resolve(undefined) }

/** Credentials by key, of which the most specific that covers a repository is taken (credential-key.ts). */
export function keyed(entries: Iterable<readonly [key: string, credential: Credential]>): Credentials {
  const keys = [...entries].map(([key, credential]) => ({ ...parseCredentialKey(key), credential }))
  return { for: (asked) => Promise.resolve(bySpecificity(keys, asked)[0]?.credential) }
}

/** One credential for one registry, under any of its names, or for a namespace of it (`quay.io/team`). */
export const onlyFor = (key: string, credential: Credential): Credentials => keyed([[key, credential]])

/** The first that has one is taken, so what is given for one pull goes before the default. */
export function firstOf(...sources: readonly Credentials[]): Credentials {
  return {
    async for(asked, request) {
      for (const source of sources) {
        const found = await source.for(asked, request)
        if (found !== undefined) return found
      }
      return undefined
    },
    async why(asked) {
      for (const source of sources) {
        const why = await source.why?.(asked)
        if (why !== undefined) return why
      }
      return undefined
    },
  }
}
