/** Where an image comes from: a registry, a layout, or the store alone where its name is no reference. */
import { WindlassError } from '../../lib/errors.js'
import type { Limits } from '../../lib/limits.js'
import type { Registries } from '../../lib/registry/index.js'
import { isDigestStart } from '../../lib/store/index.js'
import { locate } from './request.js'
import { type StoredRequest, storedRequest } from './stored-request.js'

/** With `notWhole`, out of the store or not at all. */
export type Located = Pick<StoredRequest, 'request'> & Partial<Pick<StoredRequest, 'notWhole'>>

export interface LocateOptions {
  readonly platform: string | undefined
  readonly limits: Limits
  readonly registries: Registries
  /** The store's directory. */
  readonly store: string
}

/** @throws WindlassError REFERENCE_INVALID, PLATFORM_INVALID; USAGE where a digest does not tell several images apart */
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

/** Whether a word is looked for in the store before it is taken for a reference: no registry has such a name. */
const namesEntry = (word: string): boolean => isDigestStart(word) || /^@[0-9a-f]{12}$/.test(word)
