/** One case of the corpus: layers as bytes, the threat they stand for, and what must come of them. */
import type { ErrorCode } from '../../lib/errors.js'

/** The rows of the threat model that a layer can be about; the keys are what cases say. */
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

/** `path` with what is there, one line each, in byte order of the paths: see `renderTree`. */
export type Tree = readonly string[]

export interface Refused {
  readonly refused: ErrorCode
  /** Part of the message. */
  readonly saying: RegExp
}

export type Outcome = Tree | Refused

/**
 * What umoci 0.4.7 does with the layers, unpacked one over the other: it makes the same tree, or refuses them too, or
 * does something else, or was not asked, where asking costs too much.
 */
export type Umoci = 'same' | 'refuses' | `refuses: ${string}` | `differs: ${string}` | `not asked: ${string}`

export interface LayerCase {
  readonly name: string
  readonly threat: Threat
  /** Blobs, base first. */
  readonly layers: readonly Buffer[]
  /** All layers put together into one tree. */
  readonly flat: Outcome
  /** The last layer in a tree of its own, whiteouts kept as files; as `flat` unless said, for one layer. */
  readonly own?: Outcome
  /** Codes of the warnings of the flattened tree, as root. */
  readonly warns?: readonly string[]
  readonly umoci: Umoci
  /** What containerd does where it differs, as far as its source and documentation say. */
  readonly containerd?: string
}

export const isRefused = (outcome: Outcome): outcome is Refused => 'refused' in outcome

export const refused = (saying: RegExp, code: ErrorCode = 'LAYER_INVALID'): Refused => ({
  refused: code,
  saying,
})
