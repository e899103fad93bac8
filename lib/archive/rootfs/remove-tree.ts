/** Removes files and trees without following links and without recursion. A path is a latin1 string: one
 * character for each byte. */
import { chmodSync, lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs'
import { errnoOf } from '../../system/errno.js'
import { isBoundByModes } from '../../system/index.js'
import { toPathBytes } from './bytes-path.js'

/**
 * Removes `path` (latin1), including the content of a directory. Returns false if it does not exist.
 * @throws the errors of `node:fs`
 */
export function remove(path: string): boolean {
  try {
    unlinkSync(toPathBytes(path))
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    if (!isDirectory(path, error)) throw error
  }
  removeTree(path)
  return true
}

function removeTree(top: string): void {
  const open = [{ path: top, names: unlockAndList(top) }]
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    const name = last.names.pop()
    if (name === undefined) {
      rmdirSync(toPathBytes(last.path))
      open.pop()
      continue
    }
    const path = `${last.path}/${name}`
    try {
      unlinkSync(toPathBytes(path))
    } catch (error) {
      if (!isDirectory(path, error)) throw error
      open.push({ path, names: unlockAndList(path) })
    }
  }
}

/**
 * Reports whether unlink failed with `error` because `path` is a directory: with EISDIR on Linux, and with EPERM according
 * to POSIX. EPERM has other causes too, and a link must not be taken for the directory that it leads to.
 */
function isDirectory(path: string, error: unknown): boolean {
  const code = errnoOf(error)
  return code === 'EISDIR' || (code === 'EPERM' && lstatSync(toPathBytes(path)).isDirectory())
}

/** Lists a directory after making it readable and writable if necessary. @throws the errors of `node:fs` */
export function unlockAndList(path: string): string[] {
  const bytes = toPathBytes(path)
  if (isBoundByModes()) chmodSync(bytes, 0o700)
  return readdirSync(bytes, { encoding: 'latin1' })
}
