/** Defines a case of the corpus: the bytes of its layers, the threat that it represents, and the required result. */
import type { ErrorCode } from '../../lib/errors.js'

/** Threats that a layer can represent. Cases refer to them by key. */
export const threats = {
  climb: 'names that climb or are absolute',
  root: 'the root replaced',
  link: 'writing through a symlink',
  swap: 'a directory swapped for a link',
  attributes: 'attributes applied through a link',
  target: 'link targets rewritten',
  loop: 'symlink loops and chains',
  hardlink: 'hard links that lead out',
  inode: 'writing through a shared inode',
  whiteout: 'whiteouts',
  opaque: 'opaque whiteouts',
  device: 'devices, fifos, overlay marks',
  mode: 'modes and special bits',
  owner: 'owners out of range',
  time: 'times',
  xattr: 'extended attributes',
  duplicate: 'duplicates and changes of type',
  below: 'paths below what is no directory',
  name: 'odd names',
  long: 'long names and deep trees',
  meta: 'extended headers without bound',
  sparse: 'sparse files',
  size: 'sizes that lie',
  pax: 'pax records',
  global: 'global headers',
  format: 'formats of headers',
  end: 'the end of an archive',
  cut: 'truncation and damage',
  gzip: 'gzip',
  zstd: 'zstd',
  foreign: 'other compressions',
} as const

export type Threat = keyof typeof threats

/** One line per path, sorted by the bytes of the path. See `renderTree` for the format. */
export type Tree = readonly string[]

export interface Refused {
  readonly refused: ErrorCode
  /** Pattern that the message must match. */
  readonly saying: RegExp
}

export type Outcome = Tree | Refused

/**
 * Result of umoci 0.4.7 for the layers, unpacked on top of each other: the same tree, a refusal, a different result, or
 * not run because that costs too much.
 */
export type Umoci = 'same' | 'refuses' | `refuses: ${string}` | `differs: ${string}` | `not asked: ${string}`

export interface LayerCase {
  readonly name: string
  readonly threat: Threat
  /** Blobs of the layers, base first. */
  readonly layers: readonly Buffer[]
  /** Result of all layers, flattened into one tree. */
  readonly flat: Outcome
  /** Result of the last layer in its own tree, with whiteouts kept as files (for one layer: that of `flat`). */
  readonly own?: Outcome
  /** Codes of the warnings for the flattened tree, as root. */
  readonly warns?: readonly string[]
  readonly umoci: Umoci
  /** Behaviour of containerd if it differs, according to its source and documentation. */
  readonly containerd?: string
}

export const isRefused = (outcome: Outcome): outcome is Refused => 'refused' in outcome

export const refused = (saying: RegExp, code: ErrorCode = 'LAYER_INVALID'): Refused => ({
  refused: code,
  saying,
})
