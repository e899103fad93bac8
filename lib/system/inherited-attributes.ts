/**
 * Removes what a new directory inherits: ACLs, the group of a setgid parent, and the effect of the umask on its mode.
 */
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
  if (systemCallsAvailable()) for (const name of acls) removeIfExists(Buffer.from(path), name)
  const group = process.getegid?.()
  const { uid, gid } = statSync(path)
  // Ignored if the file system refuses to change the group.
  if (group !== undefined && gid !== group) ignoreRefusal(() => lchownSync(path, uid, group))
  chmodSync(path, mode)
}

/** Removes an attribute. Succeeds if it does not exist, is not supported or must not be removed. */
function removeIfExists(path: Buffer, name: string): void {
  try {
    removeXattr(path, name)
  } catch (error) {
    const code = error instanceof SystemError ? error.code : ''
    if (!['ENODATA', 'ENOTSUP', 'EPERM', 'ENOSYS'].includes(code)) throw error
  }
}

/** Runs `work`. Ignores EPERM and EINVAL. */
function ignoreRefusal(work: () => void): void {
  try {
    work()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'EPERM' && code !== 'EINVAL') throw error
  }
}
