/** Whether a directory holds only what this user, or root, put into it. */
import { constants, lstatSync, mkdirSync, readlinkSync, type Stats } from 'node:fs'
import { dirname, isAbsolute, join, normalize, sep } from 'node:path'

/** Of a file or directory that others can write to. */
export const writableByOthers = 0o022
/** Of a directory in which nobody removes or renames what is another's. */
const sticky = 0o1000
/** Links that are followed, one behind the other. Linux gives up at 40. */
const maxLinks = 40

/** Whether `stats` are of a thing of that type which is this user's, and which nobody else can write to. */
export const isOurs = ({ mode, uid }: Stats, type: number): boolean =>
  (mode & constants.S_IFMT) === type && (mode & writableByOthers) === 0 && uid === process.geteuid?.()

/**
 * Whether the absolute path leads to a directory of this user that nobody else can write to or put another in place of:
 * it is no link itself, and every directory and link on the way is this user's or root's, and can be written to by nobody
 * else, or is sticky.
 *
 * @throws what `lstat` throws where something on the way is not there
 */
export function isPrivateDirectory(path: string): boolean {
  return isAbsolute(path) && isOurs(lstatSync(path), constants.S_IFDIR) && isSafeWay(path)
}

/**
 * Makes the directory, and those above it that are missing, where the part of the path that is there is safe; whether it
 * is private then. One at a time, to the first error: below `/proc`, Node's `recursive` never ends (Node 20).
 *
 * @throws what `lstat` and `mkdir` throw
 */
export function makePrivateDirectory(path: string): boolean {
  if (!isAbsolute(path)) return false
  const missing: string[] = []
  let there = normalize(path)
  for (; lstatSync(there, { throwIfNoEntry: false }) === undefined; there = dirname(there))
    missing.unshift(there)
  if (!isSafeWay(there)) return false
  for (const each of missing) make(each)
  return isPrivateDirectory(path)
}

function make(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    // Another thread or process makes the same at the same time.
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error
  }
}

function isSafeWay(path: string): boolean {
  let at: string = sep
  let links = 0
  const rest = path.split(sep)
  if (!isSafeStep(lstatSync(at))) return false
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '' || name === '.') continue
    const next = join(at, name)
    const found = lstatSync(next)
    if (!isSafeStep(found)) return false
    if (!found.isSymbolicLink()) {
      at = next
      continue
    }
    if (++links > maxLinks) return false
    const target = readlinkSync(next)
    if (isAbsolute(target)) at = sep
    rest.unshift(...target.split(sep))
  }
  return true
}

function isSafeStep(found: Stats): boolean {
  if (found.uid !== 0 && found.uid !== process.geteuid?.()) return false
  // A link has no mode of its own; where others can write beside it, only its owner can replace it.
  if (found.isSymbolicLink()) return true
  return found.isDirectory() && ((found.mode & writableByOthers) === 0 || (found.mode & sticky) !== 0)
}
