/**
 * Whom a store belongs to, and whether anybody else can change it. What is in a store is unpacked and run, so root takes
 * none that another user can write to, unless it works for that user.
 */
import { join } from 'node:path'
import type { Stats } from 'node:fs'
import { WindlassError } from '../../errors.js'
import { lstatIfThere, statIfThere } from '../../system/files.js'
import { available, listXattrs } from '../../system/index.js'

export interface StoreOwner {
  readonly uid: number
  readonly gid: number
}

/** What of a store another user must not write to: with one of these, all the rest can be replaced. */
const guarded = ['', 'index.json', 'blobs', 'blobs/sha256', 'blobs/sha384', 'blobs/sha512', 'layers']

/**
 * The user for whom root uses what is at `path`: its owner, if that is the user `onBehalfOf`.
 * @param onBehalfOf the user who has become root for this command, if that is known
 */
export async function ownerServed(
  path: string,
  onBehalfOf: number | undefined,
): Promise<StoreOwner | undefined> {
  if (process.geteuid?.() !== 0 || onBehalfOf === undefined || onBehalfOf === 0) return undefined
  const found = await statIfThere(path)
  return found?.uid === onBehalfOf ? { uid: found.uid, gid: found.gid } : undefined
}

/**
 * The same of a directory that is about to become a store, whose mode is not decided yet.
 * @throws WindlassError STORE_DENIED for root, where it belongs to somebody else
 */
export async function checkOwner(directory: string, served: StoreOwner | undefined): Promise<void> {
  const found = await lstatIfThere(directory)
  const me = process.geteuid?.()
  if (found === undefined || me !== 0) return
  const others = othersWho(directory, found, served?.uid ?? me, false)
  if (others !== undefined) throw refused(directory, directory, others)
}

/**
 * Tells `warn` of a store at `directory` that somebody else can change.
 * @throws WindlassError STORE_DENIED for root, unless it serves that user
 */
export async function checkOwnership(
  directory: string,
  served: StoreOwner | undefined,
  warn: (message: string) => void,
): Promise<void> {
  const me = process.geteuid?.()
  if (me === undefined) return
  for (const name of guarded) {
    const path = join(directory, name)
    const found = await lstatIfThere(path)
    // What else stands there is refused elsewhere; a link has no mode of its own.
    if (!found?.isDirectory() && !found?.isFile()) continue
    const others = othersWho(path, found, served?.uid ?? me)
    if (others === undefined) continue
    if (me === 0) throw refused(directory, path, others)
    warn(`${unsafe(directory, path, others)}. ${others.hint}`)
    return
  }
}

const unsafe = (directory: string, path: string, { can }: Others): string =>
  `The store at ${directory} is not safe from others: ${path} ${can}`

const refused = (directory: string, path: string, others: Others): WindlassError =>
  new WindlassError(
    'STORE_DENIED',
    `${unsafe(directory, path, others)}. Root does not use what they may have put there`,
    { path, hint: others.asRoot },
  )

interface Others {
  /** A clause without its subject. */
  readonly can: string
  /** What to do about it. */
  readonly hint: string
  readonly asRoot: string
}

function othersWho(path: string, { uid, gid, mode }: Stats, me: number, byMode = true): Others | undefined {
  // What belongs to root is safe from all others.
  if (uid !== me && uid !== 0)
    return {
      can: `belongs to user ${uid}`,
      hint: 'Name a store of your own with --store, unless you trust that user.',
      asRoot:
        `Use it as that user (sudo -u '#${uid}' windlass …), or name another store with --store. ` +
        'If you trust what is in it: chown -R root, then windlass verify --repair.',
    }
  if (!byMode) return undefined
  const hint = `If you trust what is in it, close it to others: chmod go-w ${path}`
  if ((mode & 0o002) !== 0) return { can: 'can be written to by everybody', hint, asRoot: hint }
  if ((mode & 0o020) !== 0 && (gid !== process.getegid?.() || hasAcl(path)))
    return { can: 'can be written to by a group or other users', hint, asRoot: hint }
  return undefined
}

/** Then the bits of the group say what any named user may do at most (acl(5)). */
function hasAcl(path: string): boolean {
  if (!available()) return false
  try {
    return listXattrs(Buffer.from(path)).includes('system.posix_acl_access')
  } catch {
    return false
  }
}
