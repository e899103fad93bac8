/** Checks and makes directories that no other user except root can write to or replace. */
import { constants, lstatSync, mkdirSync, readlinkSync, type Stats } from 'node:fs'
import { dirname, isAbsolute, join, normalize, sep } from 'node:path'

/** The permission bits that let the group or others write. */
export const groupOrOtherWrite = 0o022
/** Mode bit of a directory in which only the owner of an entry can remove or rename it. */
const sticky = 0o1000
/** Maximum number of symbolic links that are followed, as in Linux. */
const maxLinks = 40

/**
 * Reports whether `stats` describe a file of this type (`S_IF…`) that belongs to this user and that no other user can
 * write to.
 */
export const isPrivate = ({ mode, uid }: Stats, type: number): boolean =>
  (mode & constants.S_IFMT) === type && (mode & groupOrOtherWrite) === 0 && uid === process.geteuid?.()

/**
 * Reports whether an absolute path leads to a directory of this user that no other user can write to or replace. The
 * directory must not be a symbolic link. Every directory and link of the path must belong to this user or root, and
 * must be writable only by its owner or sticky.
 *
 * @throws the error of `lstat`, for example ENOENT
 */
export function isPrivateDirectory(path: string): boolean {
  return isAbsolute(path) && isPrivate(lstatSync(path), constants.S_IFDIR) && isSafePath(path)
}

/**
 * Makes the directory and its missing parents if the existing part of the path is safe. Returns whether the directory
 * is private. The directories are made one at a time, because `mkdir` with `recursive` never returns below `/proc`
 * (Node 20).
 *
 * @throws the error of `lstat` or `mkdir`
 */
export function makePrivateDirectory(path: string): boolean {
  if (!isAbsolute(path)) return false
  const missing: string[] = []
  let existing = normalize(path)
  for (; lstatSync(existing, { throwIfNoEntry: false }) === undefined; existing = dirname(existing))
    missing.unshift(existing)
  if (!isSafePath(existing)) return false
  for (const each of missing) makeDirectory(each)
  return isPrivateDirectory(path)
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    // Another thread or process may make the same directory concurrently.
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error
  }
}

/** Follows `path` component by component and checks each directory and link. */
function isSafePath(path: string): boolean {
  let current: string = sep
  let links = 0
  const rest = path.split(sep)
  if (!isSafeComponent(lstatSync(current))) return false
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '' || name === '.') continue
    const next = join(current, name)
    const found = lstatSync(next)
    if (!isSafeComponent(found)) return false
    if (!found.isSymbolicLink()) {
      current = next
      continue
    }
    if (++links > maxLinks) return false
    const target = readlinkSync(next)
    if (isAbsolute(target)) current = sep
    rest.unshift(...target.split(sep))
  }
  return true
}

function isSafeComponent(found: Stats): boolean {
  if (found.uid !== 0 && found.uid !== process.geteuid?.()) return false
  // The mode of a link has no meaning. Its directory decides who can replace it, and was checked before.
  if (found.isSymbolicLink()) return true
  return found.isDirectory() && ((found.mode & groupOrOtherWrite) === 0 || (found.mode & sticky) !== 0)
}
