/**
 * Checks who owns a store and who can change it. The content of a store is unpacked and run. Therefore, root does not
 * use a store that another user can write to, unless root acts on behalf of that user. Only the owner of a store
 * writes to it.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Stats } from 'node:fs'
import { shellWord } from '../../codec/shell-word.js'
import { WindlassError } from '../../errors.js'
import { lstatIfExists, open, statIfExists, unlink } from '../../system/files.js'
import { systemCallsAvailable, listXattrs } from '../../system/index.js'
import { isNotWritableError } from '../files/store-error.js'

/** The owner of a store. */
export interface StoreOwner {
  readonly uid: number
  readonly gid: number
}

/** Paths that other users must not be able to write to, because they could then replace content of the store. */
const guardedPaths = ['', 'index.json', 'blobs', 'blobs/sha256', 'blobs/sha384', 'blobs/sha512', 'layers']

/**
 * Returns the owner of `path` if root uses it on behalf of that owner; otherwise undefined.
 * @param onBehalfOf the user who has become root for this command, if known
 */
export async function ownerRootActsFor(
  path: string,
  onBehalfOf: number | undefined,
): Promise<StoreOwner | undefined> {
  if (process.geteuid?.() !== 0 || onBehalfOf === undefined || onBehalfOf === 0) return undefined
  const found = await statIfExists(path)
  return found?.uid === onBehalfOf ? { uid: found.uid, gid: found.gid } : undefined
}

/**
 * Checks the owner of a directory before a store is created in it. Does not check the mode, because creating the store
 * sets it.
 * @throws WindlassError STORE_DENIED when the process is root and the directory belongs to another user
 */
export async function checkOwner(directory: string, owner: StoreOwner | undefined): Promise<void> {
  const found = await lstatIfExists(directory)
  const ownUid = process.geteuid?.()
  if (found === undefined || ownUid !== 0) return
  const access = findForeignAccess(directory, found, owner?.uid ?? ownUid, false)
  if (access !== undefined) throw sharedStoreError(directory, directory, access)
}

/**
 * Checks who can change the store at `directory`, and calls `warn` if another user can.
 * @throws WindlassError STORE_DENIED instead of the warning, when the process is root and does not act for that user
 */
export async function checkOwnership(
  directory: string,
  owner: StoreOwner | undefined,
  warn: (message: string) => void,
): Promise<void> {
  const ownUid = process.geteuid?.()
  if (ownUid === undefined) return
  for (const name of guardedPaths) {
    const path = join(directory, name)
    const found = await lstatIfExists(path)
    // Opening the store rejects other kinds of entries, such as links, which have no mode of their own.
    if (!found?.isDirectory() && !found?.isFile()) continue
    const access = findForeignAccess(path, found, owner?.uid ?? ownUid)
    if (access === undefined) continue
    if (ownUid === 0) throw sharedStoreError(directory, path, access)
    warn(`Other users can change ${describeAccess(directory, path, access)}. ${access.hint}`)
    return
  }
}

/**
 * Returns the error for every write if the store belongs to another user; undefined if this process may write to it.
 * New content would belong to the user of this process, and the owner of the store could neither read nor remove it.
 * Always undefined for root, which `checkOwnership` checks.
 * @param store the path of the store with links resolved
 */
export async function writeRefusal(store: string): Promise<WindlassError | undefined> {
  const ownUid = process.geteuid?.()
  const found = await statIfExists(store)
  if (ownUid === undefined || ownUid === 0 || !found || found.uid === ownUid) return undefined
  if ((await ownerOfNewFile(store)) === found.uid) return undefined
  return new WindlassError(
    'STORE_DENIED',
    `The store at ${store} belongs to user ${found.uid}, and only its owner may write to it`,
    {
      path: store,
      hint: `Use a store of your own, with “--store DIR”. To copy an image into it, run “windlass pull ${shellWord(`oci:${store}:NAME`)} --store DIR”.`,
    },
  )
}

/**
 * Returns the uid that owns a new file in `store`; undefined if no file can be created. On some file systems, for
 * example vfat, every file belongs to the user given in the mount options.
 */
async function ownerOfNewFile(store: string): Promise<number | undefined> {
  const path = join(store, `.new-${randomBytes(8).toString('hex')}`)
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      return (await file.stat()).uid
    } finally {
      await file.close()
      await unlink(path)
    }
  } catch (error) {
    if (!isNotWritableError(error)) throw error
    return undefined
  }
}

const describeAccess = (directory: string, path: string, { reason }: ForeignAccess): string =>
  `the store at ${directory}: ${path} ${reason}`

const sharedStoreError = (directory: string, path: string, access: ForeignAccess): WindlassError =>
  new WindlassError(
    'STORE_DENIED',
    `Root does not use a store that other users can change: ${describeAccess(directory, path, access)}`,
    { path, hint: access.rootHint },
  )

/** How other users can change a path. */
interface ForeignAccess {
  /** Why they can, as a clause whose subject is the path: `is writable by everyone`. */
  readonly reason: string
  /** The hint for an ordinary user. */
  readonly hint: string
  /** The hint for root. */
  readonly rootHint: string
}

/** Returns how users other than `ownUid` and root can change `path`; undefined if they cannot. */
function findForeignAccess(
  path: string,
  { uid, gid, mode }: Stats,
  ownUid: number,
  checkMode = true,
): ForeignAccess | undefined {
  // A path that belongs to root is safe: only root can change it.
  if (uid !== ownUid && uid !== 0)
    return {
      reason: `belongs to user ${uid}`,
      hint: 'Use a store of your own with --store, unless you trust that user.',
      rootHint:
        `Use it as that user (sudo -u '#${uid}' windlass …), or name another store with --store. ` +
        'If you trust its content, run “chown -R root” on it, then “windlass verify --repair”.',
    }
  if (!checkMode) return undefined
  const hint = `If you trust its content, take that permission away with “chmod go-w ${shellWord(path)}”.`
  if ((mode & 0o002) !== 0) return { reason: 'is writable by everyone', hint, rootHint: hint }
  if ((mode & 0o020) !== 0 && (gid !== process.getegid?.() || hasAcl(path)))
    return { reason: 'is writable by a group or by other users', hint, rootHint: hint }
  return undefined
}

/** Reports whether the path has an ACL. The group bits of its mode are then the maximum for named users (acl(5)). */
function hasAcl(path: string): boolean {
  if (!systemCallsAvailable()) return false
  try {
    return listXattrs(Buffer.from(path)).includes('system.posix_acl_access')
  } catch {
    return false
  }
}
