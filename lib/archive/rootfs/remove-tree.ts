/** Removes whatever stands at a path, links unfollowed, names as bytes, without recursion. */
import { chmodSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs'
import { errnoOf } from '../../system/errno.js'
import { obeysModes } from '../../system/index.js'
import { onDisk } from './bytes-path.js'

/** Removes `path` (latin1), a whole tree if it is a directory. False where nothing was there. */
export function remove(path: string): boolean {
  try {
    unlinkSync(onDisk(path))
    return true
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'ENOENT') return false
    // Linux says EISDIR, POSIX says EPERM.
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

/** The names in a directory, which is made readable and writable first where this user needs it. */
export function namesIn(path: string): string[] {
  const bytes = onDisk(path)
  if (obeysModes()) chmodSync(bytes, 0o700)
  return readdirSync(bytes, { encoding: 'latin1' })
}
