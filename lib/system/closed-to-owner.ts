/** Which file or directory of this very user's stands in the way of a call that was denied: its mode does. */
import { type Stats, lstatSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * The nearest of `path` and the directories that it is in that belongs to this user and is closed to this user; undefined
 * where there is none: then somebody else's permission is what is missing.
 */
export function closedToOwner(path: string, user = process.geteuid?.()): string | undefined {
  for (let each = path; ; each = dirname(each)) {
    const found = look(each)
    if (found && found.uid === user && isClosed(found)) return each
    // Below a directory that is closed nothing can be seen: on to that one.
    if (each === dirname(each)) return undefined
  }
}

function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

function isClosed(stats: Stats): boolean {
  const needed = stats.isDirectory() ? 0o700 : stats.isSymbolicLink() ? 0 : 0o400
  return (stats.mode & needed) !== needed
}
