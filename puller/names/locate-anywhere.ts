/**
 * Converts an image name to a request. The source is a registry, a layout, or the store if the name is not a reference.
 */
import { WindlassError } from '../../lib/errors.js'
import type { Limits } from '../../lib/limits.js'
import type { RepositorySource } from '../../lib/registry/index.js'
import { isDigestStart } from '../../lib/store/index.js'
import { locate } from './request.js'
import { type StoredRequest, storedRequest } from './stored-request.js'

/** A request. With `incompleteError`, the image can come only from the store. */
export type Located = Pick<StoredRequest, 'request'> & Partial<Pick<StoredRequest, 'incompleteError'>>

/** Options of `locateAnywhere`. */
export interface LocateOptions {
  readonly platform: string | undefined
  readonly limits: Limits
  readonly registries: RepositorySource
  /** Directory of the store. */
  readonly store: string
}

/**
 * Returns the request for the image `name`.
 * @throws WindlassError REFERENCE_INVALID, PLATFORM_INVALID; USAGE when a digest matches several images of the store
 */
export function locateAnywhere(
  name: string,
  { platform, limits, registries, store }: LocateOptions,
): Located {
  const findStored = (): StoredRequest | undefined => storedRequest(name, store, { platform, limits })
  const stored = isDigestOrKey(name) ? findStored() : undefined
  if (stored) return stored
  try {
    return { request: locate(name, platform, registries, limits) }
  } catch (error) {
    const code = error instanceof WindlassError ? error.code : undefined
    const found = code === 'REFERENCE_INVALID' ? findStored() : undefined
    if (found) return found
    throw error
  }
}

/**
 * Reports whether a word is a digest, the start of one, or a key of a store entry. Such words never name a repository.
 */
const isDigestOrKey = (word: string): boolean => isDigestStart(word) || /^@[0-9a-f]{12}$/.test(word)
