/** Defines a case of compatibility: what a registry serves, the correct result, and who reported it. */
import type { ErrorCode } from '../../lib/errors.js'
import type { RegistryOptions } from '../../lib/testing/index.js'
import type { CaseHost } from './case-host.js'

/** Kinds of behaviour of registries and images that the specifications do not lead a reader to expect. */
export const kinds = {
  documents: 'Documents that say too little, or say it in another way',
  layerless: 'Images without layers',
  indexes: 'Indexes as tools wrote them',
  headers: 'Content-Type, Content-Encoding, Content-Length',
  redirects: 'Redirects',
  links: 'Links to the next page',
  lists: 'Lists of tags',
  artifacts: 'What is no image',
  digests: 'Digest algorithms',
  compression: 'Compression',
  credentials: 'Tokens and credentials',
} as const

export type Kind = keyof typeof kinds

/** `taken`, or the code of the error. */
export type Verdict = 'taken' | ErrorCode

export interface ServedCase {
  /** Name to request, without the registry (`app:latest`, or `app` for tags). */
  readonly name?: string
  /** Digest of the manifest that must be chosen, if there are several. */
  readonly picks?: string
  /** Tags that must be listed. */
  readonly tags?: readonly string[]
  /** Content of a credentials file in the format of `docker login`. */
  readonly authFile?: string
  /** Returns a sentence if the client did something that it must not do. */
  readonly breach?: () => string | undefined
}

export interface CompatibilityCase {
  readonly id: string
  readonly kind: Kind
  /** Description of what is served, for the table. */
  readonly served: string
  readonly right: Verdict
  /** Reason for the correct result. */
  readonly why: string
  /** Whether a warning must report what was corrected or left out. */
  readonly warns: boolean
  readonly asks: 'pull' | 'tags'
  readonly registry: RegistryOptions
  readonly serve: (host: CaseHost) => ServedCase | undefined | Promise<ServedCase | undefined>
}

export interface CaseOptions extends Partial<
  Pick<CompatibilityCase, 'right' | 'warns' | 'asks' | 'registry'>
> {
  readonly why: string
}

/** Serves a case. A result of type `ServedCase` is used; any other is ignored. */
type Serve = (host: CaseHost) => unknown

const isServed = (value: unknown): value is ServedCase =>
  typeof value === 'object' &&
  value !== null &&
  ['name', 'picks', 'tags', 'authFile', 'breach'].some((key) => key in value)

/** Returns a function that defines cases of one kind. The default result is `taken` without a warning. */
export const casesOf =
  (kind: Kind) =>
  (id: string, served: string, options: CaseOptions, serve: Serve): CompatibilityCase => ({
    id,
    kind,
    served,
    right: 'taken',
    warns: false,
    asks: 'pull',
    registry: {},
    ...options,
    serve: async (host) => {
      const result = await serve(host)
      return isServed(result) ? result : undefined
    },
  })
