/** Lists the names in a store without opening it. */
import { readListedNames } from '../../lib/store/index.js'
import { type OpenOptions, storeDirectory } from '../options/options.js'

/** A name in a store. */
export interface ListedImage {
  /** The normalised name. */
  readonly name: string
  /** The name as the user typed it. */
  readonly typed: string
}

/**
 * Returns the names in the store of `options`, read from its `index.json` at once. Returns an empty list if there is no store or it
 * cannot be read. Entries without a name are omitted.
 * @throws USAGE as `storeDirectory`
 */
export const listedImages = (
  options: Pick<OpenOptions, 'store'>,
  env: NodeJS.ProcessEnv = process.env,
): readonly ListedImage[] =>
  readListedNames(storeDirectory(options, env)).flatMap(({ name, image }) =>
    name === undefined || name === '' ? [] : { name, typed: image?.typed ?? name },
  )
