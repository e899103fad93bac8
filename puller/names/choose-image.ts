/** Chooses one of the images that a name may mean. */
import { type WindlassError, asWindlassError } from '../../lib/errors.js'
import type { ImageRequest } from '../../lib/stages/index.js'
import { type Store, findEntries } from '../../lib/store/index.js'
import type { RetryPolicy } from '../../lib/transfer/index.js'
import { resolveName } from '../../pipelines/resolve.js'
import { noneFoundError, requireChoice, resolvedMessage, shortNameResolved } from './choice.js'
import type { Candidate, Located } from './located.js'

/** Options of `chooseImage`. */
export interface ChooseOptions {
  readonly retry: RetryPolicy
  readonly signal?: AbortSignal | undefined
  /** Receives the warning `short-name-resolved`. */
  readonly onWarning?: ((code: string, message: string) => void) | undefined
  /** If this store has one of the images, that is chosen without asking a registry. */
  readonly store?: Pick<Store, 'names'> | undefined
}

/**
 * Returns the image that a name means: with a store, the one that it has; otherwise the first one that its registry has.
 * Sends no request if there is only one candidate. A registry that fails does not stop the choice, as for Podman.
 * @throws USAGE if there are several and the files forbid to choose; CANCELLED; if no registry has the image, the error of
 *   the first one that fails for another reason, otherwise MANIFEST_UNKNOWN
 */
export async function chooseImage(located: Located, options: ChooseOptions): Promise<ImageRequest> {
  const { candidates, typed, formerly } = located
  const [first, ...others] = candidates
  if (first.reason === undefined) return first.request
  const { store, onWarning } = options
  const stored = store && (await storedCandidate(located, store))
  if (stored) return stored
  const names = candidates.map(({ request }) => request.name)
  requireChoice(typed, names, located.mode)
  const { request, reason } = others.length === 0 ? first : await firstThatExists(located, options)
  // A name that means the same without the files needs no warning.
  if (formerly !== undefined || others.length > 0)
    onWarning?.(shortNameResolved, resolvedMessage(typed, request.name, reason))
  return request
}

async function storedCandidate(
  { typed, candidates, formerly }: Located,
  { names }: Pick<Store, 'names'>,
): Promise<ImageRequest | undefined> {
  const entries = await names.entries()
  const [first] = candidates
  // A name that another tool gave.
  if (findEntries(entries, typed).length > 0) return first.request
  const requests = [...candidates.map(({ request }) => request), ...(formerly ? [formerly] : [])]
  const listed = new Set(entries.map(({ name }) => name))
  return requests.find(({ name }) => listed.has(name))
}

async function firstThatExists(
  { typed, candidates }: Located,
  { retry, signal }: ChooseOptions,
): Promise<Candidate> {
  const failures: WindlassError[] = []
  for (const candidate of candidates) {
    try {
      await resolveName(candidate.request, { retry, signal })
      return candidate
    } catch (error) {
      if (signal?.aborted === true) throw error
      failures.push(asWindlassError(error))
    }
  }
  throw noneFoundError(typed, failures)
}
