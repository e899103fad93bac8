/** Finds the file or directory whose own mode denies its owner access. */
import { type Stats, lstatSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Returns the nearest of `path` and its parent directories that belongs to `user` and denies that user access. Returns
 * undefined if there is none: the missing permission is then another user's to give.
 */
export function closedToOwner(path: string, user = process.geteuid?.()): string | undefined {
  for (let each = path; ; each = dirname(each)) {
    const found = look(each)
    if (found && found.uid === user && isClosed(found)) return each
    // lstat fails below a closed directory; a parent of `each` is then the closed one.
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
