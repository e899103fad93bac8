/** Defines a case of the corpus: the bytes of its layers, the threat that it represents, and the required result. */
import type { ErrorCode } from '../../lib/errors.js'

/** Threats that a layer can represent. Cases refer to them by key. */
export const threats = {
  climb: 'names with `..` and absolute names',
  root: 'entries for the root itself',
  link: 'writing through a symlink',
  swap: 'a directory swapped for a link',
  attributes: 'attributes applied through a link',
  target: 'link targets rewritten',
  loop: 'symlink loops and chains',
  hardlink: 'hard links',
  inode: 'writing through a shared inode',
  whiteout: 'whiteouts',
  opaque: 'opaque whiteouts',
  device: 'devices, fifos, overlay marks',
  mode: 'modes and special bits',
  owner: 'owners out of range',
  time: 'times',
  xattr: 'extended attributes',
  duplicate: 'duplicates and changes of type',
  below: 'paths below entries that are not directories',
  name: 'unusual names',
  long: 'long names and deep trees',
  meta: 'large extended headers',
  sparse: 'sparse files',
  size: 'wrong sizes',
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

/** A tree as lines of text, sorted by the bytes of the paths. See `render-tree.ts` for the format. */
export type Tree = readonly string[]

/** The required result of a layer that must be refused. */
export interface Refused {
  readonly refused: ErrorCode
  /** Pattern that the message must match. */
  readonly message: RegExp
}

export type Outcome = Tree | Refused

/**
 * Result of umoci 0.4.7 for the same layers, unpacked on top of each other: the same tree, a refusal, or a different
 * tree, with a reason if it is not obvious. `not asked`: umoci was not run, because that would take too long.
 */
export type Umoci = 'same' | 'refuses' | `refuses: ${string}` | `differs: ${string}` | `not asked: ${string}`

export interface LayerCase {
  readonly name: string
  readonly threat: Threat
  /** Blobs of the layers, base first. */
  readonly layers: readonly Buffer[]
  /** Result of all layers, flattened into one tree. */
  readonly flat: Outcome
  /** Result of the last layer alone, with whiteouts kept as files. Default: that of `flat`. */
  readonly own?: Outcome
  /** Codes of the warnings when root unpacks all layers. */
  readonly warns?: readonly string[]
  readonly umoci: Umoci
  /** Behaviour of containerd if it differs, according to its source and documentation. */
  readonly containerd?: string
}

export const isRefused = (outcome: Outcome): outcome is Refused => 'refused' in outcome

export const refused = (message: RegExp, code: ErrorCode = 'LAYER_INVALID'): Refused => ({
  refused: code,
  message,
})
