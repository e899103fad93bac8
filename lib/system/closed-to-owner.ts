/** Finds the file or directory that denies access to a path, if this user or root can change its mode or owner. */
import { type Stats, lstatSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Returns the first of `path` and its parent directories, from the inside out, that belongs to `user` and denies that
 * user access. Returns undefined if there is none: then only another user can grant access.
 */
export function findClosedToOwner(path: string, user = process.geteuid?.()): string | undefined {
  for (const each of pathAndParents(path)) {
    const found = lstatIfPossible(each)
    if (found && found.uid === user && deniesOwner(found)) return each
    // If lstat fails, a parent directory denies access. The loop reaches it later.
  }
  return undefined
}

/**
 * Returns the entry in a directory of `user` that belongs to another user, for example root, and that denies `user`
 * access to `path`, itself or by an entry inside it. The entry is `path` or one of its parent directories. Returns
 * undefined if there is none. Does not consider ACLs.
 */
export function findForeignEntry(
  path: string,
  user = process.geteuid?.(),
): { readonly path: string; readonly uid: number } | undefined {
  let outermost: { readonly path: string; readonly uid: number } | undefined
  let denied = false
  for (const each of pathAndParents(path)) {
    const found = lstatIfPossible(each)
    if (found === undefined) continue
    if (found.uid !== user) {
      outermost = { path: each, uid: found.uid }
      denied ||= !permitsOthers(found)
    } else if (denied) return outermost
  }
  return undefined
}

function* pathAndParents(path: string): Generator<string> {
  for (let each = path; ; each = dirname(each)) {
    yield each
    if (each === dirname(each)) return
  }
}

function lstatIfPossible(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

const readBit = 0o4
const allBits = 0o7

function deniesOwner(stats: Stats): boolean {
  const needed = neededBitsOf(stats) << 6
  return (stats.mode & needed) !== needed
}

/** Reports whether the mode gives this process all access that it needs although it is not the owner. */
function permitsOthers(stats: Stats): boolean {
  const groups = [process.getegid?.(), ...(process.getgroups?.() ?? [])]
  const bits = groups.includes(stats.gid) ? stats.mode >> 3 : stats.mode
  const needed = neededBitsOf(stats)
  return (bits & needed) === needed
}

/** The permission bits that a store needs of an entry. */
const neededBitsOf = (stats: Stats): number =>
  stats.isDirectory() ? allBits : stats.isSymbolicLink() ? 0 : readBit
