/** Finds the file or directory that denies access to a path, where this user or root can open it. */
import { type Stats, lstatSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Returns the nearest of `path` and its parent directories that belongs to `user` and denies that user access. Returns
 * undefined if there is none: the missing permission is then another user's to give.
 */
export function closedToOwner(path: string, user = process.geteuid?.()): string | undefined {
  for (const each of upwards(path)) {
    const found = look(each)
    if (found && found.uid === user && isClosed(found)) return each
    // lstat fails below a closed directory; a parent of `each` is then the closed one.
  }
  return undefined
}

/**
 * Returns the entry of another user in a directory of `user` that denies `user` access to `path`, which is the entry
 * itself or below it: another user, for example root, put it there. Returns undefined if there is none. ACLs are not
 * considered.
 */
export function foreignEntry(
  path: string,
  user = process.geteuid?.(),
): { readonly path: string; readonly uid: number } | undefined {
  let outermost: { readonly path: string; readonly uid: number } | undefined
  let denied = false
  for (const each of upwards(path)) {
    const found = look(each)
    if (found === undefined) continue
    if (found.uid !== user) {
      outermost = { path: each, uid: found.uid }
      denied ||= !permits(found)
    } else if (denied) return outermost
  }
  return undefined
}

function* upwards(path: string): Generator<string> {
  for (let each = path; ; each = dirname(each)) {
    yield each
    if (each === dirname(each)) return
  }
}

function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

const read = 0o4
const all = 0o7

function isClosed(stats: Stats): boolean {
  const needed = neededOf(stats) << 6
  return (stats.mode & needed) !== needed
}

/** Reports whether the mode permits everything to a user who is not the owner. */
function permits(stats: Stats): boolean {
  const groups = [process.getegid?.(), ...(process.getgroups?.() ?? [])]
  const bits = groups.includes(stats.gid) ? stats.mode >> 3 : stats.mode
  const needed = neededOf(stats)
  return (bits & needed) === needed
}

/** The permission bits that a store needs of an entry. */
const neededOf = (stats: Stats): number => (stats.isDirectory() ? all : stats.isSymbolicLink() ? 0 : read)
