/** Removes what a new directory inherits: ACLs, the group of a setgid parent, and the effect of the umask on its mode. */
import { chmodSync, lchownSync, statSync } from 'node:fs'
import { systemCallsAvailable } from './available.js'
import { SystemError } from './system-error.js'
import { removeXattr } from './xattr.js'

const acls = ['system.posix_acl_access', 'system.posix_acl_default']

/**
 * Sets the mode of the new directory `path` to `mode` and its group to the group of the process, and removes inherited
 * ACLs. Entries created in it are then independent of its parent directory.
 * @throws the errors of `node:fs`, and SystemError when an ACL cannot be removed
 */
export function resetInheritedAttributes(path: string, mode: number): void {
  if (systemCallsAvailable()) for (const name of acls) removeIfThere(Buffer.from(path), name)
  const group = process.getegid?.()
  const { uid, gid } = statSync(path)
  // Some file systems refuse to change the group.
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
