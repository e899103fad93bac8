/** One case of compatibility: what a registry serves, what is right, and who reported it. */
import type { ErrorCode } from '../../lib/errors.js'
import type { RegistryOptions } from '../../lib/testing/index.js'
import type { CaseHost } from './case-host.js'

/** Kinds of what registries and images do that a reader of the specifications would not expect. */
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

/** `taken`, or the code of the error with which it is refused. */
export type Verdict = 'taken' | ErrorCode

export interface ServedCase {
  /** What to ask for, without the registry (`app:latest`; for tags `app`). */
  readonly name?: string
  /** The manifest that has to be the image's, where there is a choice. */
  readonly picks?: string
  /** The tags that have to be listed. */
  readonly tags?: readonly string[]
  /** The text of a credentials file, as `docker login` keeps one. */
  readonly authFile?: string
  /** What must not have happened while the case was asked for; gives a sentence for what did. */
  readonly breach?: () => string | undefined
}

export interface CompatibilityCase {
  readonly id: string
  readonly kind: Kind
  /** What is served, as the table says it. */
  readonly served: string
  readonly right: Verdict
  /** Why that is right. */
  readonly why: string
  /** Whether what was put right or left out is told as a warning. */
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

/** Serves a case: what it gives, if anything of `ServedCase`, is used. */
type Serve = (host: CaseHost) => unknown

const isServed = (value: unknown): value is ServedCase =>
  typeof value === 'object' &&
  value !== null &&
  ['name', 'picks', 'tags', 'authFile', 'breach'].some((key) => key in value)

/** Makes the cases of one kind: `taken` without a warning, unless told otherwise. */
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
