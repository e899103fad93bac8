/**
 * What users ask for by words that are no references: names that other tools gave to images in the store (`MyApp`, `a b`),
 * digests of its entries. Such an image comes out of the store, or not at all.
 */
import { WindlassError } from '../../lib/errors.js'
import { type Limits } from '../../lib/limits.js'
import { hostPlatform, parsePlatform } from '../../lib/image/index.js'
import type { ImageRequest } from '../../lib/stages/index.js'
import { LayoutSource } from '../../lib/sources/index.js'
import { entryTitle, entryWord, findEntries, listedNow } from '../../lib/store/index.js'

/** The image, and what is said where the store does not have all of it. */
export interface StoredRequest {
  readonly request: ImageRequest
  readonly notWhole: () => WindlassError
}

/**
 * The request for the image that the store in `directory` lists under exactly `word`; undefined where there is none.
 * @throws WindlassError USAGE where a digest does not tell several entries apart, PLATFORM_INVALID
 */
export function storedRequest(
  word: string,
  directory: string,
  { platform, limits }: { readonly platform: string | undefined; readonly limits: Limits },
): StoredRequest | undefined {
  const [entry] = findEntries(listedNow(directory), word)
  if (!entry?.image) return undefined
  const { digest } = entry.image.descriptor
  const name = entryTitle(entry)
  return {
    request: {
      ...{ name, typed: word, target: digest, digest, limits },
      source: new LayoutSource(directory),
      platform: platform === undefined ? hostPlatform() : parsePlatform(platform),
    },
    notWhole: () =>
      new WindlassError(
        'STORE_CORRUPT',
        `The store does not have all of ${name}, and its name does not say where it came from`,
        {
          ...{ reference: name, digest, path: directory },
          hint: `Bring it again with the tool that named it, or remove the name with “windlass rm ${entryWord(entry)}”.`,
        },
      ),
  }
}
