/**
 * Provides the limits on the resources that an image may use. The defaults accept legitimate images, and reject
 * decompression bombs and other hostile images while they are read.
 */
import { type ErrorSubject, WindlassError } from './errors.js'
import { formatExactBytes, formatNumber, formatSeconds } from './quantities.js'

/**
 * Limits on images and responses. Exceeding one is a LIMIT_EXCEEDED error that names the limit. `Infinity` disables a
 * limit.
 */
export interface Limits {
  /** Unpacked bytes of one layer. Applies to the archive, and separately to the sum of its files with holes filled. */
  readonly layerBytes: number
  /** Unpacked bytes of all distinct layers of an image together. */
  readonly imageBytes: number
  /** Maximum ratio of unpacked to compressed bytes of a layer. Checked for layers above `minBytesForRatio` only. */
  readonly layerRatio: number
  /** Entries of one layer, including whiteouts. */
  readonly layerEntries: number
  /**
   * Directories that one layer creates or writes to, including parents without an entry of their own. Each is kept in
   * memory until the layer is complete, and the path of one entry may contain a thousand of them.
   */
  readonly layerDirectories: number
  /** Bytes of the name of an entry in the archive. */
  readonly pathBytes: number
  /** Components of the name of an entry. The default is what fits into a path in Linux (PATH_MAX, 4,096 bytes). */
  readonly pathDepth: number
  /** Bytes of a pax header, GNU long name or sparse map. The default, 1 MiB, is that of Go and libarchive. */
  readonly headerBytes: number
  /**
   * Bytes of one sparse file with its holes filled. Holes take no space in an archive: 1 KiB can describe a file of 1
   * TiB, which expands when a tool copies the tree without its holes.
   */
  readonly sparseFileBytes: number
  /**
   * Bytes of the table of contents of a layer (eStargz, zstd:chunked), uncompressed. A layer with a larger one is read
   * as if it had none. An entry has about 300 bytes.
   */
  readonly tocBytes: number
  /** Bytes of a manifest or an index. The default, 4 MiB, is that of containerd (CVE-2023-25153, CVE-2020-1702). */
  readonly manifestBytes: number
  /** Bytes of an image config. */
  readonly configBytes: number
  /** Depth of nested indexes. */
  readonly indexDepth: number
  /** Entries of one index. */
  readonly indexEntries: number
  /** Bytes of the response of a token server. Real responses have up to 20 KB. */
  readonly tokenBytes: number
  /**
   * Maximum number of bytes read from an error response, or from another response that is only quoted in a message. A
   * longer response does not cause another error: it is truncated, and the message says so.
   */
  readonly errorBytes: number
  /** Consecutive redirects of one request. */
  readonly redirects: number
  /** Bytes of one page of the tag list. */
  readonly tagPageBytes: number
  /** Bytes of all pages of the tag list together. */
  readonly tagBytes: number
  /** Pages of the tag list. A page has up to a thousand tags. */
  readonly tagPages: number
  /** Seconds that a registry may take for the tag list after its first page. Time between requests does not count. */
  readonly tagSeconds: number
}

/** Name of a limit. */
export type LimitName = keyof Limits

const KiB = 2 ** 10
const MiB = 2 ** 20
const GiB = 2 ** 30
const TiB = 2 ** 40

/** The default limits. */
export const defaultLimits: Limits = {
  layerBytes: 256 * GiB,
  imageBytes: TiB,
  // Deflate reaches at most 1,032. Data with a ratio above 500 over a gigabyte consists almost entirely of zeros.
  layerRatio: 500,
  layerEntries: 5_000_000,
  layerDirectories: 80_000,
  pathBytes: 4 * KiB,
  pathDepth: 2 * KiB,
  headerBytes: MiB,
  sparseFileBytes: 64 * GiB,
  tocBytes: 32 * MiB,
  manifestBytes: 4 * MiB,
  configBytes: 4 * MiB,
  indexDepth: 4,
  indexEntries: 20_000,
  tokenBytes: 256 * KiB,
  errorBytes: 64 * KiB,
  redirects: 10,
  tagPageBytes: 16 * MiB,
  tagBytes: 256 * MiB,
  tagPages: 10_000,
  tagSeconds: 50,
}

/** Names of all limits. */
export const limitNames = Object.keys(defaultLimits) as readonly LimitName[]

/**
 * Minimum number of unpacked bytes for which `layerRatio` is checked. A smaller layer may legitimately consist of one
 * repeated byte.
 */
export const minBytesForRatio = GiB

/**
 * Returns the default limits with the given changes.
 * @throws USAGE if a name is not a limit, or a value is neither a whole number from 0 nor `Infinity`
 */
export function limitsWith(changed: Partial<Limits> = {}): Limits {
  const given = Object.entries(changed).filter(([, value]) => (value as number | undefined) !== undefined)
  for (const [name, value] of given) {
    if (!Object.hasOwn(defaultLimits, name))
      throw new WindlassError('USAGE', `There is no limit named ${JSON.stringify(name)}`, {
        hint: `The limits are ${limitNames.join(', ')}.`,
      })
    if (value !== Infinity && !(Number.isSafeInteger(value) && value >= 0))
      throw new WindlassError('USAGE', `The limit ${name} must be a whole number, or Infinity for no limit`)
  }
  return { ...defaultLimits, ...Object.fromEntries(given) }
}

/**
 * Returns a LIMIT_EXCEEDED error.
 * @param what clause that states the actual amount: `the manifest of alpine has 5.00 MB`
 */
export function limitExceeded(
  what: string,
  name: LimitName,
  allowed: number,
  subject: ErrorSubject = {},
): WindlassError {
  return new WindlassError('LIMIT_EXCEEDED', `${what}, more than the limit ${formatLimit(name, allowed)}`, {
    ...subject,
    hint: raiseHint(name),
  })
}

/** Formats a limit with its value: `manifestBytes (4 MiB)`, `indexDepth (4)`, `tagSeconds (50 seconds)`. */
export function formatLimit(name: LimitName, value: number): string {
  if (name.endsWith('Bytes')) return `${name} (${formatExactBytes(value)})`
  return `${name} (${name === 'tagSeconds' ? formatSeconds(value * 1000) : formatNumber(value)})`
}

/** Returns the hint that says how to raise the limit `name`. */
export const raiseHint = (name: LimitName): string =>
  `If you trust the image, raise the limit with --limit ${name}=N (in code: limits: { ${name}: N }).`
