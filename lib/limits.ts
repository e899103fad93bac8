/**
 * How much an image may ask for before it is refused: policy, as one value that travels from the caller to every place
 * that reads. The defaults let every honest image pass; a bomb meets one of them while its bytes still stream.
 */
import { type ErrorSubject, WindlassError } from './errors.js'

/** Each is refused with LIMIT_EXCEEDED by the name that it has here. `Infinity` lifts it. */
export interface Limits {
  /** Bytes of one layer unpacked: of its archive to the last byte, and of its files with all holes filled. */
  readonly layerBytes: number
  /** The same of all distinct layers of an image together. */
  readonly imageBytes: number
  /** Bytes that one compressed byte may become, where a layer is larger than 1 GiB unpacked. */
  readonly layerRatio: number
  /** Entries of one layer, whiteouts included. */
  readonly layerEntries: number
  /**
   * Directories that one layer makes or puts something into, be they entries of it or only parents of some: one entry may
   * make a thousand, and each is held in memory until the layer is done.
   */
  readonly layerDirectories: number
  /** Bytes of the name of one entry, as it stands in the archive. */
  readonly pathBytes: number
  /** Components of that name: as many as a path of Linux can have. */
  readonly pathDepth: number
  /** Bytes of one pax header, GNU long name or sparse map. Go and libarchive have 1 MiB too. */
  readonly headerBytes: number
  /**
   * Bytes of one sparse file with its holes filled. Holes cost an archive nothing: 1 KiB can ask for a file of 1 TiB,
   * which anything that copies the tree later has to pay for.
   */
  readonly sparseFileBytes: number
  /** Bytes of a manifest or an index; 4 MiB, as containerd (CVE-2023-25153, CVE-2020-1702). */
  readonly manifestBytes: number
  /** Bytes of an image config. */
  readonly configBytes: number
  /** Indexes that stand inside each other. */
  readonly indexDepth: number
  /** Manifests that one index lists. */
  readonly indexEntries: number
  /** Bytes of what a token server answers; real tokens have up to 20 KB. */
  readonly tokenBytes: number
  /**
   * Bytes that are read of a refusal, or of any other answer of which a few words are all that is wanted. The only limit
   * that refuses nothing: what stands beyond it is not read, and the error says so, for it has the worse news already.
   */
  readonly errorBytes: number
  /** Redirects that are followed one after the other, for one request. */
  readonly redirects: number
  /** Bytes of one page of a repository's tags. */
  readonly tagPageBytes: number
  /** Bytes of all its pages together. */
  readonly tagBytes: number
  /** Pages of its tags; a page has up to a thousand. */
  readonly tagPages: number
  /** Seconds that a registry may take for its tags, from the second page on. Time in which nobody asks does not count. */
  readonly tagSeconds: number
}

export type LimitName = keyof Limits

const KiB = 2 ** 10
const MiB = 2 ** 20
const GiB = 2 ** 30
const TiB = 2 ** 40

/** What is refused unless the caller says otherwise. */
export const defaultLimits: Limits = {
  layerBytes: 256 * GiB,
  imageBytes: TiB,
  // Deflate makes at most 1,032 of one: what stays above 500 for a whole gigabyte is next to nothing but zeros.
  layerRatio: 500,
  layerEntries: 5_000_000,
  layerDirectories: 80_000,
  pathBytes: 4 * KiB,
  pathDepth: 2 * KiB,
  headerBytes: MiB,
  sparseFileBytes: 64 * GiB,
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

export const limitNames = Object.keys(defaultLimits) as readonly LimitName[] // an object of exactly these

/** Unpacked bytes of a layer from which on `layerRatio` is looked at: small files may well be of one byte repeated. */
export const ratioFloor = GiB

/** The defaults, with `changed` in their place. @throws WindlassError USAGE for what is no limit */
export function limitsWith(changed: Partial<Limits> = {}): Limits {
  const given = Object.entries(changed).filter(([, value]) => (value as number | undefined) !== undefined)
  for (const [name, value] of given) {
    if (!Object.hasOwn(defaultLimits, name))
      throw new WindlassError('USAGE', `There is no limit ${JSON.stringify(name)}`, {
        hint: `The limits are ${limitNames.join(', ')}.`,
      })
    if (value !== Infinity && !(Number.isSafeInteger(value) && value >= 0))
      throw new WindlassError('USAGE', `The limit ${name} must be a whole number, or Infinity for none`)
  }
  return { ...defaultLimits, ...Object.fromEntries(given) }
}

/** LIMIT_EXCEEDED. `what` is a clause that ends before the amount: `the manifest of alpine has 5000000 bytes`. */
export function limitExceeded(
  what: string,
  name: LimitName,
  allowed: number,
  subject: ErrorSubject = {},
): WindlassError {
  return new WindlassError('LIMIT_EXCEEDED', `${what}, more than ${name} allows (${allowed})`, {
    ...subject,
    hint: raiseHint(name),
  })
}

/** How to let pass what `name` refused. */
export const raiseHint = (name: LimitName): string =>
  `If you trust the image, raise the limit: --limit ${name}=N, or limits: { ${name}: N } in code.`
