/** Resolves the parent of an entry inside the root, following links like chroot(2). */
import { invalidEntryError } from '../failure.js'
import { checkNameLength } from '../rootfs/layer-path.js'
import { FlatDirectory } from './flat-node.js'

/** Maximum number of links that Linux follows in one path. */
export const maxLinks = 40

/** An entry that blocks a path: neither a directory nor a link to one. */
export interface BlockingEntry {
  readonly parent: FlatDirectory
  readonly name: string
}

/** Where a path leads. */
export interface ResolvedParents {
  /** The directories from the root to the end of the path. A string is the name of a directory that does not exist. */
  readonly steps: readonly (FlatDirectory | string)[]
  /** The entry that blocks the path, or the first link of the path that leads to it; undefined if the path is free. */
  readonly blockedBy: BlockingEntry | undefined
}

/**
 * Resolves the normalized path `path`. Nothing is created.
 * @param entry the name of the entry, for messages
 * @throws WindlassError LAYER_INVALID when too many links lead there, or a name is too long
 */
export function resolveParents(root: FlatDirectory, path: string, entry: string): ResolvedParents {
  const remaining = path.split('/').reverse()
  const steps: (FlatDirectory | string)[] = [root]
  let links = 0
  /** The outermost link being followed. Its target is resolved once fewer than `rest` names remain. */
  let link: (BlockingEntry & { readonly rest: number }) | undefined
  for (let part = remaining.pop(); part !== undefined; part = remaining.pop()) {
    if (link !== undefined && remaining.length < link.rest) link = undefined
    if (part === '' || part === '.') continue
    if (part === '..') {
      if (steps.length > 1) steps.pop()
      continue
    }
    checkNameLength(part, entry)
    const at = steps.at(-1)
    const found = at instanceof FlatDirectory ? at.children.get(part) : undefined
    // A directory that does not exist has no entries.
    if (found === undefined || !(at instanceof FlatDirectory)) steps.push(part)
    else if (found instanceof FlatDirectory) steps.push(found)
    else {
      const { type, linkTarget } = found.leaf.entry
      if (type !== 'symlink') return { steps, blockedBy: link ?? { parent: at, name: part } }
      if (++links > maxLinks) throw invalidEntryError(entry, `more than ${maxLinks} symlinks lead to it`)
      link ??= { parent: at, name: part, rest: remaining.length }
      if (linkTarget.startsWith('/')) steps.length = 1
      remaining.push(...linkTarget.split('/').reverse())
    }
  }
  return { steps, blockedBy: undefined }
}
