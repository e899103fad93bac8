/** Recognizes the names of whiteouts (image-spec, layer.md, "Whiteouts"; AUFS). */
import { invalidEntryError } from '../failure.js'

const prefix = '.wh.'
/** The file that hides all content of lower layers in its directory. */
export const opaqueName = '.wh..wh..opq'

/** A whiteout. */
export type Whiteout =
  | { readonly kind: 'opaque' }
  /** Hides `name` of the lower layers. */
  | { readonly kind: 'name'; readonly name: string }
  /** A file of AUFS itself (`.wh..wh.plnk`, `.wh..wh.aufs`, `.wh..wh.orph`), not part of the tree. */
  | { readonly kind: 'ignored' }

/**
 * Returns the whiteout with the name `name`, the last component of `path`; undefined for other names.
 * @throws WindlassError LAYER_INVALID when it hides no name, `.` or `..`
 */
export function whiteoutOf(name: string, path: string): Whiteout | undefined {
  if (!name.startsWith(prefix)) return undefined
  if (name === opaqueName) return { kind: 'opaque' }
  const hidden = name.slice(prefix.length)
  if (hidden.startsWith(prefix)) return { kind: 'ignored' }
  if (hidden === '') throw invalidEntryError(path, 'it is a whiteout without a name')
  if (hidden === '.' || hidden === '..') throw invalidEntryError(path, 'it is a whiteout of "." or ".."')
  return { kind: 'name', name: hidden }
}

/** Returns the name of the whiteout that hides `hidden`. */
export const whiteoutName = (hidden: string): string => prefix + hidden

/** Reports whether a normalized path contains the name of a whiteout. Entries below one are not part of a tree. */
export const isBelowWhiteout = (parent: string): boolean =>
  parent.startsWith(prefix) || parent.includes(`/${prefix}`)
