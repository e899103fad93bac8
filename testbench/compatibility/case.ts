/** Defines a compatibility case: what a registry serves, and the correct result. */
import type { ErrorCode } from '../../lib/errors.js'
import type { RegistryOptions } from '../../lib/testing/index.js'
import type { CaseHost } from './case-host.js'

/** Kinds of cases, with their headings on the page. */
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

/** Result of Windlass: `taken` if it accepts what is served, else the code of the error. */
export type Verdict = 'taken' | ErrorCode

/** What a case needs beside its servers, and what must be true after the action. */
export interface ServedCase {
  /** Name to request, without the registry (`app:latest`, or `app` for tags). */
  readonly name?: string
  /** Digest of the manifest that must be chosen from an index. */
  readonly picks?: string
  /** Tags that must be listed. */
  readonly tags?: readonly string[]
  /** Content of a credentials file in the format of `docker login`. */
  readonly authFile?: string
  /** Returns a sentence if the client did something that it must not do; undefined if not. */
  readonly violation?: () => string | undefined
}

export interface CompatibilityCase {
  readonly id: string
  readonly kind: Kind
  /** What is served, for the page. */
  readonly served: string
  /** The correct result. */
  readonly expected: Verdict
  /** Reason for the correct result, for the page. */
  readonly why: string
  /** Whether Windlass must report a warning about what it corrected or left out. */
  readonly warns: boolean
  /** What the client does: pull the image, or list the tags. */
  readonly action: 'pull' | 'tags'
  readonly registry: RegistryOptions
  readonly serve: (host: CaseHost) => ServedCase | undefined | Promise<ServedCase | undefined>
}

export interface CaseOptions extends Partial<
  Pick<CompatibilityCase, 'expected' | 'warns' | 'action' | 'registry'>
> {
  readonly why: string
}

/** Puts the content of a case on its servers. A result that is not a `ServedCase` is ignored. */
type Serve = (host: CaseHost) => unknown

const isServed = (value: unknown): value is ServedCase =>
  typeof value === 'object' &&
  value !== null &&
  ['name', 'picks', 'tags', 'authFile', 'violation'].some((key) => key in value)

/** Returns a function that creates cases of one kind. By default, the correct result is `taken` without a warning. */
export const casesOf =
  (kind: Kind) =>
  (id: string, served: string, options: CaseOptions, serve: Serve): CompatibilityCase => ({
    id,
    kind,
    served,
    expected: 'taken',
    warns: false,
    action: 'pull',
    registry: {},
    ...options,
    serve: async (host) => {
      const result = await serve(host)
      return isServed(result) ? result : undefined
    },
  })
