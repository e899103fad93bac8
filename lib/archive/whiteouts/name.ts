/** Which names of a layer are whiteouts, and of what (image-spec, layer.md, "Whiteouts"; AUFS). */
import { invalidEntry } from '../failure.js'

const prefix = '.wh.'
/** Stands in a directory whose lower contents are hidden. */
export const opaqueName = '.wh..wh..opq'

export type Whiteout =
  | { readonly kind: 'opaque' }
  /** `name` of the lower layers is hidden. */
  | { readonly kind: 'name'; readonly name: string }
  /** What AUFS kept for itself (`.wh..wh.plnk`, `.wh..wh.aufs`, `.wh..wh.orph`): no part of the tree. */
  | { readonly kind: 'ignored' }

/** The whiteout that `name`, a last component, is; undefined for every other name. */
export function whiteoutOf(name: string, path: string): Whiteout | undefined {
  if (!name.startsWith(prefix)) return undefined
  if (name === opaqueName) return { kind: 'opaque' }
  const hidden = name.slice(prefix.length)
  if (hidden.startsWith(prefix)) return { kind: 'ignored' }
  if (hidden === '') throw invalidEntry(path, 'it is a whiteout of no name')
  if (hidden === '.' || hidden === '..')
    throw invalidEntry(path, 'it is a whiteout of a directory as a whole or of its parent')
  return { kind: 'name', name: hidden }
}

export const whiteoutName = (hidden: string): string => prefix + hidden

/** Whether a cleaned path goes through a whiteout's name: such entries are no part of a tree. */
export const isBelowWhiteout = (parent: string): boolean =>
  parent.startsWith(prefix) || parent.includes(`/${prefix}`)
