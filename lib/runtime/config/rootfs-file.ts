/**
 * Reads files of a root file system from outside of it. Symbolic links are followed as in the container: an absolute link
 * starts at the root, and `..` stops there. Nothing outside of the root is read.
 */
import { type Stats, lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { errnoOf } from '../../system/errno.js'
import { OutsideFileError, readOutsideFile } from '../../system/outside-file.js'

/** Maximum number of links that Linux follows in one path. */
const maxLinks = 40
/** Maximum size in bytes of a file that is read. */
const maxBytes = 16 * 1024 ** 2

/**
 * Returns the path on the disk of `path` in the root file system at `root`, without links. Returns undefined if it does not
 * exist there, or if more than 40 links lead to it.
 * @throws the errors of `node:fs`, for example EACCES
 */
export function resolveInRootfs(root: string, path: string): string | undefined {
  const remaining = path.split('/').reverse()
  const names: string[] = []
  let links = 0
  for (let part = remaining.pop(); part !== undefined; part = remaining.pop()) {
    if (part === '' || part === '.') continue
    if (part === '..') {
      names.pop()
      continue
    }
    const at = [root, ...names, part].join('/')
    const found = statsOf(at)
    if (found === undefined) return undefined
    if (found.isSymbolicLink()) {
      if (++links > maxLinks) return undefined
      const target = readlinkSync(at)
      if (target.startsWith('/')) names.length = 0
      remaining.push(...target.split('/').reverse())
    } else names.push(part)
  }
  return [root, ...names].join('/')
}

/**
 * Returns the text of a file in the root file system; undefined if there is no regular file at `path`.
 * @throws OutsideFileError for a file of more than 16 MiB or one that cannot be read; the errors of `node:fs`
 */
export function readRootfsFile(root: string, path: string): string | undefined {
  const found = resolveInRootfs(root, path)
  if (found === undefined) return undefined
  try {
    return readOutsideFile(found, { maxBytes }).toString('utf8')
  } catch (error) {
    if (error instanceof OutsideFileError && ['missing', 'not-regular'].includes(error.reason))
      return undefined
    throw error
  }
}

/** Returns the owner and mode of the directory at `path` and whether it is empty; undefined if there is no directory. */
export function rootfsDirectory(
  root: string,
  path: string,
): { readonly stats: Stats; readonly empty: boolean } | undefined {
  const found = resolveInRootfs(root, path)
  const stats = found === undefined ? undefined : statsOf(found)
  if (found === undefined || !stats?.isDirectory()) return undefined
  return { stats, empty: readdirSync(found).length === 0 }
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}
