/** A new directory without what it inherited: a default ACL, a setgid bit and the group with it, the umask. */
import { chmodSync, lchownSync, statSync } from 'node:fs'
import { available } from './available.js'
import { SystemError } from './system-error.js'
import { removeXattr } from './xattr.js'

const acls = ['system.posix_acl_access', 'system.posix_acl_default']

/**
 * Gives the directory `path`, which this process has just made, the mode `mode` and the group of this process, and takes
 * away what its parent handed down: what is made in it is then the same wherever it stands.
 * @throws what the file system says
 */
export function makePlain(path: string, mode: number): void {
  if (available()) for (const name of acls) removeIfThere(Buffer.from(path), name)
  const group = process.getegid?.()
  const { uid, gid } = statSync(path)
  // May be refused: some file systems have groups of their own mind.
  if (group !== undefined && gid !== group) attempt(() => lchownSync(path, uid, group))
  chmodSync(path, mode)
}

function removeIfThere(path: Buffer, name: string): void {
  try {
    removeXattr(path, name)
  } catch (error) {
    const code = error instanceof SystemError ? error.code : ''
    if (!['ENODATA', 'ENOTSUP', 'EPERM', 'ENOSYS'].includes(code)) throw error
  }
}

function attempt(work: () => void): void {
  try {
    work()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'EPERM' && code !== 'EINVAL') throw error
  }
}
