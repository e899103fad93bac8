/** Removes files and trees without following links and without recursion. Names are bytes. */
import { chmodSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs'
import { errnoOf } from '../../system/errno.js'
import { isBoundByModes } from '../../system/index.js'
import { onDisk } from './bytes-path.js'

/**
 * Removes `path` (latin1), including the content of a directory. Returns false if it does not exist.
 * @throws the errors of `node:fs`
 */
export function remove(path: string): boolean {
  try {
    unlinkSync(onDisk(path))
    return true
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'ENOENT') return false
    // unlink of a directory fails with EISDIR on Linux, and with EPERM according to POSIX.
    if (code !== 'EISDIR' && code !== 'EPERM') throw error
  }
  removeTree(path)
  return true
}

function removeTree(top: string): void {
  const open = [{ path: top, names: namesIn(top) }]
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    const name = last.names.pop()
    if (name === undefined) {
      rmdirSync(onDisk(last.path))
      open.pop()
      continue
    }
    const path = `${last.path}/${name}`
    try {
      unlinkSync(onDisk(path))
    } catch (error) {
      const code = errnoOf(error)
      if (code !== 'EISDIR' && code !== 'EPERM') throw error
      open.push({ path, names: namesIn(path) })
    }
  }
}

/** Lists a directory after making it readable and writable if necessary. @throws the errors of `node:fs` */
export function namesIn(path: string): string[] {
  const bytes = onDisk(path)
  if (isBoundByModes()) chmodSync(bytes, 0o700)
  return readdirSync(bytes, { encoding: 'latin1' })
}
