/**
 * Checks who owns a store and who can change it. The content of a store is unpacked and run, so root uses no store that
 * another user can write to, unless it acts for that user. Only its owner writes to a store.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Stats } from 'node:fs'
import { shellWord } from '../../codec/shell-word.js'
import { WindlassError } from '../../errors.js'
import { lstatIfThere, open, statIfThere, unlink } from '../../system/files.js'
import { systemCallsAvailable, listXattrs } from '../../system/index.js'
import { isNotWritable } from '../files/store-error.js'

/** The owner of a store. */
export interface StoreOwner {
  readonly uid: number
  readonly gid: number
}

/** Paths that other users must not be able to write to: each of them allows replacing the rest of the store. */
const guardedPaths = ['', 'index.json', 'blobs', 'blobs/sha256', 'blobs/sha384', 'blobs/sha512', 'layers']

/**
 * Returns the owner of `path` if root uses it on behalf of that owner; otherwise undefined.
 * @param onBehalfOf the user who has become root for this command, if known
 */
export async function ownerActedFor(
  path: string,
  onBehalfOf: number | undefined,
): Promise<StoreOwner | undefined> {
  if (process.geteuid?.() !== 0 || onBehalfOf === undefined || onBehalfOf === 0) return undefined
  const found = await statIfThere(path)
  return found?.uid === onBehalfOf ? { uid: found.uid, gid: found.gid } : undefined
}

/**
 * Checks the owner of a directory that is about to become a store. Its mode is not checked, because it is set later.
 * @throws WindlassError STORE_DENIED when the process is root and the directory belongs to another user
 */
export async function checkOwner(directory: string, owner: StoreOwner | undefined): Promise<void> {
  const found = await lstatIfThere(directory)
  const ownUid = process.geteuid?.()
  if (found === undefined || ownUid !== 0) return
  const access = findForeignAccess(directory, found, owner?.uid ?? ownUid, false)
  if (access !== undefined) throw sharedStoreError(directory, directory, access)
}

/**
 * Checks who can change the store at `directory`, and calls `warn` if another user can.
 * @throws WindlassError STORE_DENIED instead, when the process is root and does not act for that user
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
    const found = await lstatIfThere(path)
    // Other kinds of entries are rejected elsewhere; a link has no mode of its own.
    if (!found?.isDirectory() && !found?.isFile()) continue
    const access = findForeignAccess(path, found, owner?.uid ?? ownUid)
    if (access === undefined) continue
    if (ownUid === 0) throw sharedStoreError(directory, path, access)
    warn(`Other users can change ${describeAccess(directory, path, access)}. ${access.hint}`)
    return
  }
}

/**
 * Returns the error for every write to a store of another user; undefined if this process may write to the store. New
 * content would belong to the user of this process, and the owner of the store could neither read nor remove it.
 * `checkOwnership` checks root.
 * @param store the path of the store with links resolved
 */
export async function writeRefusal(store: string): Promise<WindlassError | undefined> {
  const ownUid = process.geteuid?.()
  const found = await statIfThere(store)
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
 * Returns the owner of a new file in `store`; undefined if none can be created. On some file systems, for example vfat,
 * every file belongs to the owner that the mount names.
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
    if (!isNotWritable(error)) throw error
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
  /** What makes the change possible, as a clause without its subject, which is the path. */
  readonly reason: string
  /** The hint for an ordinary user. */
  readonly hint: string
  /** The hint for root. */
  readonly rootHint: string
}

function findForeignAccess(
  path: string,
  { uid, gid, mode }: Stats,
  ownUid: number,
  checkMode = true,
): ForeignAccess | undefined {
  // Files of root are safe from all other users.
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

/** Reports whether the path has an ACL. The group bits are then the maximum of what a named user may do (acl(5)). */
function hasAcl(path: string): boolean {
  if (!systemCallsAvailable()) return false
  try {
    return listXattrs(Buffer.from(path)).includes('system.posix_acl_access')
  } catch {
    return false
  }
}
