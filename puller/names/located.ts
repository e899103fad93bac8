/** Defines `Located`: what the name of an image may mean. */
import type { WindlassError } from '../../lib/errors.js'
import type { Reference } from '../../lib/image/index.js'
import type { ShortNameMode } from '../../lib/registry/index.js'
import type { ImageRequest } from '../../lib/stages/index.js'

/** An image that a name may mean. */
export interface Candidate {
  readonly request: ImageRequest
  /** Says which file gives the name this meaning. Undefined if the name itself does. */
  readonly reason?: string
}

/** A repository that a name may mean. */
export interface RepositoryCandidate extends Pick<Candidate, 'reason'> {
  readonly reference: Reference
}

/** What a name may mean. `chooseImage` selects one of the candidates. */
export interface Located {
  /** The name as the user wrote it. */
  readonly typed: string
  /** At least one, in the order in which they are tried. Several only if the name has no registry. */
  readonly candidates: readonly [Candidate, ...Candidate[]]
  /** What to do if there are several candidates. */
  readonly mode: ShortNameMode
  /** The image of Docker Hub that a store may have under this name, if it is not a candidate. */
  readonly formerly?: ImageRequest
  /** Set if the image can come only from the store: the error to throw if the store has only a part of it. */
  readonly incompleteError?: () => WindlassError
}

/** Returns the meaning of a name that can mean only the image of `request`. */
export const locatedAs = (request: ImageRequest): Located => ({
  ...{ typed: request.typed, candidates: [{ request }], mode: 'permissive' },
})

/** Releases what the sources of the candidates keep, such as the decompressed copy of an archive. */
export async function closeSources({ candidates }: Located): Promise<void> {
  for (const { request } of candidates) await request.source.close?.()
}

/** Returns the normalised name if there is only one candidate, otherwise the name as the user wrote it. */
export const nameOf = ({ candidates: [first, ...others], typed }: Located): string =>
  others.length === 0 ? first.request.name : typed
