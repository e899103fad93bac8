/**
 * Finds images of the store by words that are not references: names from other tools (`MyApp`, `a b`), and digests of
 * entries. Such an image can only come from the store.
 */
import { WindlassError } from '../../lib/errors.js'
import { type Limits } from '../../lib/limits.js'
import { hostPlatform, parsePlatform } from '../../lib/image/index.js'
import type { ImageRequest } from '../../lib/stages/index.js'
import { LayoutSource } from '../../lib/sources/index.js'
import { entryDisplayName, entryArgument, findEntries, readListedNames } from '../../lib/store/index.js'

/** A request for an image of the store, and the error to throw if a part of the image is missing. */
export interface StoredRequest {
  readonly request: ImageRequest
  readonly incompleteError: () => WindlassError
}

/**
 * Returns the request for the image that the store in `directory` lists under `word`; undefined if there is none.
 * @throws WindlassError USAGE when a digest matches several entries; PLATFORM_INVALID
 */
export function storedRequest(
  word: string,
  directory: string,
  { platform, limits }: { readonly platform: string | undefined; readonly limits: Limits },
): StoredRequest | undefined {
  const [entry] = findEntries(readListedNames(directory), word)
  if (!entry?.image) return undefined
  const { digest } = entry.image.descriptor
  const name = entryDisplayName(entry)
  return {
    request: {
      ...{ name, typed: word, target: digest, digest, limits },
      source: new LayoutSource(directory),
      platform: platform === undefined ? hostPlatform() : parsePlatform(platform),
    },
    incompleteError: () =>
      new WindlassError(
        'STORE_CORRUPT',
        `The store has only a part of ${name}, and the name does not state where to fetch the rest`,
        {
          ...{ reference: name, digest, path: directory },
          hint: `Add it again with the tool that named it, or remove the name with “windlass rm ${entryArgument(entry)}”.`,
        },
      ),
  }
}
