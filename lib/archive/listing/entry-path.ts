/** The normalized path of an entry. */
import { layerPath } from '../rootfs/layer-path.js'

/**
 * Returns `a/b` for the entry `./a//b/`; empty for the root.
 * @throws WindlassError LAYER_INVALID when the path contains NUL
 */
export function pathOf({ path }: { readonly path: string }): string {
  const normalized = layerPath(path)
  if (normalized === undefined) return ''
  return joinPath(normalized.parent, normalized.name)
}

/** Returns the path of `name` in the directory `parent`, which is empty for the root. */
export const joinPath = (parent: string, name: string): string => (parent === '' ? name : `${parent}/${name}`)

/** Returns the path of the directory that contains `path`; empty for the root. */
export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
