/** Lists and removes mounts, also those that processes left when they were killed. */
import { lstatSync, mkdirSync, rmdirSync } from 'node:fs'
import { WindlassError } from '../../errors.js'
import {
  errnoOf,
  fileFailure,
  isMountNamespaceInUse,
  ownMountNamespace,
  readMountTable,
  unmount,
} from '../../system/index.js'
import { type MountRecord, removeTree, type Store } from '../../store/index.js'
import { mountSource } from './mount-source.js'

/**
 * The state of a mount. `mounted`: its tree is in its directory. `elsewhere`: only processes in another mount namespace see
 * it. `gone`: nothing is mounted, for example after a restart of the machine; what it left can be removed.
 */
export type MountState = 'mounted' | 'elsewhere' | 'gone'

/** Returns the state of a mount as this process sees it. */
export function mountState(record: MountRecord): MountState {
  const { id, method, target, namespace, inode } = record
  if (method !== 'overlay') return isTreeAt(target, inode) ? 'mounted' : 'gone'
  if (readMountTable().some(({ source }) => source === mountSource(id))) return 'mounted'
  const isElsewhere =
    namespace !== undefined && namespace !== ownMountNamespace() && isMountNamespaceInUse(namespace)
  return isElsewhere ? 'elsewhere' : 'gone'
}

/**
 * Removes a mount: unmounts its file systems, and removes its files, the tree that it made and its record. What was written
 * to the tree is removed as well, except in a directory of the user.
 * @throws WindlassError USAGE when the mount is in use, or visible only to other processes; STORE_*
 */
export async function removeMount(record: MountRecord, store: Store): Promise<void> {
  const { id, target, method, inode, madeTarget } = record
  if (mountState(record) === 'elsewhere')
    throw new WindlassError('USAGE', `${target} is mounted in another mount namespace`, {
      path: target,
      hint: 'End the command for which it was mounted.',
    })
  // The mount at the target is above the one in the directory of the mount.
  const mounted = readMountTable().filter(({ source }) => source === mountSource(id))
  for (const each of mounted.reverse()) unmountOne(each.target)
  if (method !== 'overlay' && isTreeAt(target, inode)) {
    await removeTree(target)
    if (!madeTarget) mkdirSync(target)
  } else if (madeTarget) removeEmpty(target)
  await store.mounts.remove(id)
}

function unmountOne(target: string): void {
  try {
    unmount(target)
  } catch (error) {
    if (errnoOf(error) === 'EBUSY')
      throw new WindlassError('USAGE', `${target} cannot be unmounted: a process uses it`, {
        ...{ path: target, cause: error },
        hint: `List the processes with “fuser -vm ${target}”.`,
      })
    throw fileFailure(error, 'Unmounting', target, 'target')
  }
}

/** Removes the directory of a mount if nothing has been put there since. */
function removeEmpty(target: string): void {
  try {
    rmdirSync(target)
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EBUSY'].includes(errnoOf(error) ?? ''))
      throw fileFailure(error, 'Removing the mount point', target, 'target')
  }
}

/** Reports whether the tree that the mount made is at `target`, and not something else. */
function isTreeAt(target: string, inode: string | undefined): boolean {
  const found = lstatSync(target, { bigint: true, throwIfNoEntry: false })
  return inode !== undefined && found?.isDirectory() === true && String(found.ino) === inode
}
