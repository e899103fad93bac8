/** Reads a file tree into comparable entries, without following links or opening devices. */
import { chmodSync, lstatSync, readdirSync, readlinkSync, type BigIntStats } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { contentHash } from './content-hash.js'
import type { TreeEntry, TreeEntryType } from './entry.js'
import { addPermission, withPermission } from './temporary-permission.js'
import { readXattrs } from './read-xattrs.js'

const typeOf = (stats: BigIntStats): TreeEntryType => {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  if (stats.isSymbolicLink()) return 'symlink'
  if (stats.isFIFO()) return 'fifo'
  if (stats.isCharacterDevice()) return 'character'
  return stats.isBlockDevice() ? 'block' : 'socket'
}

/** Splits a `dev_t` of Linux like `gnu_dev_major` and `gnu_dev_minor` (sys/sysmacros.h). */
const deviceOf = (rdev: bigint): { major: number; minor: number } => ({
  major: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)),
  minor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)),
})

const isDevice = (type: TreeEntryType): boolean => type === 'character' || type === 'block'

interface Found {
  readonly entry: TreeEntry
  /** Identifies the inode; undefined if it has only one name. */
  readonly inode: string | undefined
}

interface OpenDirectory {
  readonly at: Buffer
  readonly prefix: string
  readonly names: Buffer[]
  /** The mode to restore, if it was changed. */
  readonly mode: number | undefined
}

/**
 * Returns every entry of the tree at `root` in byte order of the paths, the root as `.`.
 *
 * Recognizes hard links among the paths inside `root`. Makes files and directories that their owner may not read
 * readable while it reads them.
 * @throws the errors of `node:fs`: ENOENT for a missing root, EACCES, ENAMETOOLONG beyond PATH_MAX; the reason of
 * `signal`
 */
export async function describeTree(root: string, signal?: AbortSignal): Promise<TreeEntry[]> {
  const found: Found[] = []
  const directories: OpenDirectory[] = []
  const rootBytes = Buffer.from(root)
  const add = async (at: Buffer, path: string): Promise<void> => {
    const stats = lstatSync(at, { bigint: true })
    found.push(await describe(at, path, stats))
    if (!stats.isDirectory()) return
    const mode = Number(stats.mode & 0o7777n)
    const changed = addPermission(at, mode, 0o500)
    directories.push({
      at,
      prefix: path === '.' ? '' : `${path}/`,
      names: [],
      mode: changed ? mode : undefined,
    })
    directories.at(-1)!.names.push(...readdirSync(at, { encoding: 'buffer' }))
  }
  try {
    await add(rootBytes, '.')
    for (let last = directories.at(-1); last !== undefined; last = directories.at(-1)) {
      const name = last.names.pop()
      if (name === undefined) {
        directories.pop()
        restoreMode(last)
        continue
      }
      await add(Buffer.concat([last.at, slash, name]), last.prefix + name.toString('latin1'))
      // Yields to the event loop after every 500 entries.
      if (found.length % 500 !== 499) continue
      await setImmediate()
      signal?.throwIfAborted()
    }
  } finally {
    for (const each of directories.reverse()) restoreMode(each)
  }
  return addHardlinks(found)
}

const slash = Buffer.from('/')

function restoreMode({ at, mode }: OpenDirectory): void {
  if (mode !== undefined) chmodSync(at, mode)
}

async function describe(at: Buffer, path: string, stats: BigIntStats): Promise<Found> {
  const type = typeOf(stats)
  const mode = Number(stats.mode & 0o7777n)
  const entry: TreeEntry = {
    path,
    type,
    mode,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    size: type === 'file' ? Number(stats.size) : 0,
    mtime: stats.mtimeNs,
    xattrs: type === 'symlink' ? readXattrs(at) : withPermission(at, mode, 0o400, () => readXattrs(at)),
    ...(type === 'symlink' ? { target: readlinkSync(at, { encoding: 'buffer' }).toString('latin1') } : {}),
    ...(isDevice(type) ? { device: deviceOf(stats.rdev) } : {}),
    ...(type === 'file' ? { sha256: await contentHash(at, mode) } : {}),
  }
  return { entry, inode: stats.nlink > 1n ? `${stats.dev}:${stats.ino}` : undefined }
}

/** Sorts the entries by path, and adds `hardlink` to all but the first path of an inode. */
function addHardlinks(found: Found[]): TreeEntry[] {
  found.sort((a, b) => (a.entry.path < b.entry.path ? -1 : 1))
  const firstOf = new Map<string, string>()
  return found.map(({ entry, inode }) => {
    if (inode === undefined || entry.type === 'directory') return entry
    const first = firstOf.get(inode)
    if (first === undefined) firstOf.set(inode, entry.path)
    return first === undefined ? entry : { ...entry, hardlink: first }
  })
}
