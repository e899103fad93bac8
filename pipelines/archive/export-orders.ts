/** Finds the images of a store that are exported, by the words on a command line. */
import { archivedName } from '../../lib/archive/index.js'
import { maxImageNameLength, quoted } from '../../lib/codec/index.js'
import { WindlassError } from '../../lib/errors.js'
import {
  type Platform,
  formatPlatform,
  hostPlatform,
  isDigest,
  isLocalImageName,
  matchPlatform,
  parsePlatform,
} from '../../lib/image/index.js'
import { type IndexEntry, type Store, recoveryHints } from '../../lib/store/index.js'
import { type DescribedImage, describeImages } from '../stored/describe.js'
import { findStored, type NamesOf } from '../stored/find-stored.js'
import type { SaveOrder } from './save-images.js'

/** Which images of an index are exported. */
export interface ExportSelection {
  /** `os/arch[/variant]` (the platform of this machine; if the store does not have it, the first one). */
  readonly platform?: string | undefined
  /** Export whole indexes, with all images of them that the store has (false). */
  readonly allPlatforms?: boolean | undefined
}

/**
 * Returns the images to save, each once with all the names under which it was asked for.
 * @param words names in the store, as `images` lists them, digests, keys of entries, or the starts of image IDs
 * @throws IMAGE_UNKNOWN, PLATFORM_UNMATCHED, STORE_CORRUPT; USAGE when a digest matches several images
 */
export async function exportOrders(
  words: readonly string[],
  store: Store,
  { platform, allPlatforms = false }: ExportSelection,
  namesOf?: NamesOf,
): Promise<readonly SaveOrder[]> {
  const described = await describeImages(store)
  const orders = new Map<string, SaveOrder>()
  for (const word of words) {
    const entry = await findStored(word, store, namesOf)
    const images = described.filter((image) => image.entry === entry.key)
    const first = chooseImage(images, platform, word, store)
    const rest = images.filter((image) => image !== first)
    const key = allPlatforms ? first.root.digest : first.manifest.digest
    const known = orders.get(key)
    const names = [...(known?.names ?? []), ...loadableNames(entry)]
    orders.set(key, known ?? { images: [first, ...rest], whole: allPlatforms, names: [] })
    orders.set(key, { ...orders.get(key)!, names: [...new Set(names)].sort() })
  }
  return [...orders.values()]
}

function chooseImage(
  images: readonly DescribedImage[],
  platform: string | undefined,
  word: string,
  store: Store,
): DescribedImage {
  const wanted: Platform = platform === undefined ? hostPlatform() : parsePlatform(platform)
  const candidates = images.map((image) => ({
    ...image.manifest,
    platform: parsePlatform(image.platform),
  }))
  const [found] = matchPlatform(wanted, candidates)
  const digest = found?.digest ?? (platform === undefined ? candidates[0]?.digest : undefined)
  const chosen = images.find(({ manifest }) => manifest.digest === digest)
  if (chosen) return chosen
  if (images.length > 0)
    throw new WindlassError(
      'PLATFORM_UNMATCHED',
      `The store has no image ${quoted(word, maxImageNameLength)} for ${formatPlatform(wanted)}`,
      { reference: word, hint: `It has ${images.map((image) => image.platform).join(', ')}.` },
    )
  throw new WindlassError(
    'STORE_CORRUPT',
    `The image ${quoted(word, maxImageNameLength)} in the store is incomplete or damaged`,
    { reference: word, path: store.directory, hint: recoveryHints.repair },
  )
}

/**
 * Returns the name with which the image can be loaded. A digest is none, although `sha256` is a valid repository, and neither is the
 * name of an image on this machine.
 */
const loadableNames = ({ name }: IndexEntry): readonly string[] =>
  name === undefined || isDigest(name) || isLocalImageName(name) ? [] : archivedName(name)
