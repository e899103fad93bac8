/** Finds the source of an image: a registry, a layout, or only the store if its name is not a reference. */
import { WindlassError } from '../../lib/errors.js'
import type { Limits } from '../../lib/limits.js'
import type { Registries } from '../../lib/registry/index.js'
import { isDigestStart } from '../../lib/store/index.js'
import { locate } from './request.js'
import { type StoredRequest, storedRequest } from './stored-request.js'

/** A request. With `incomplete`, the image can only come from the store. */
export type Located = Pick<StoredRequest, 'request'> & Partial<Pick<StoredRequest, 'incomplete'>>

/** Options of `locateAnywhere`. */
export interface LocateOptions {
  readonly platform: string | undefined
  readonly limits: Limits
  readonly registries: Registries
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
  const stored = (): StoredRequest | undefined => storedRequest(name, store, { platform, limits })
  const known = namesEntry(name) ? stored() : undefined
  if (known) return known
  try {
    return { request: locate(name, platform, registries, limits) }
  } catch (error) {
    const code = error instanceof WindlassError ? error.code : undefined
    const found = code === 'REFERENCE_INVALID' ? stored() : undefined
    if (found) return found
    throw error
  }
}

/** Reports whether a word is looked up in the store first: digests and keys of entries are not names in a registry. */
const namesEntry = (word: string): boolean => isDigestStart(word) || /^@[0-9a-f]{12}$/.test(word)
