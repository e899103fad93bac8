/**
 * Trees that are built outside of the store, each beside the place where it will stand, in a directory of its own:
 *
 *     .TARGET.windlass-0123456789ab/     of this user alone
 *       lock                             held while its process lives; says that this is ours, and which one
 *       rootfs/                          the tree
 *
 * What a process that was killed has left there is found by the next one that builds in the same place, and by whoever
 * sweeps the store. Only what is ours beyond doubt is removed, and never what a living process has locked.
 */
import { randomBytes } from 'node:crypto'
import { readdir, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { lstatIfThere, mkdir, unlink } from '../../system/files.js'
import { locksAvailable } from '../../system/index.js'
import { FileLock } from '../locks/file-lock.js'
import { readIfRegular } from '../files/read-regular.js'
import { removeTree } from '../files/remove-tree.js'
import { codeOf, unlessMissing } from '../files/store-error.js'

/** What a run notes of a tree before it is there. */
export interface TreeNote {
  readonly path: string
  /** Stands in the lock of the tree as well. */
  readonly token: string
}

export interface UnfinishedTree {
  /** Where the tree is to be built: nothing is there yet. Rename it away once it is done. */
  readonly path: string
  /** Removes what is left. */
  release(): Promise<void>
}

const lockName = 'lock'
const treeName = 'rootfs'

const textOf = (token: string): string => `windlass unfinished tree ${token}`
const anyText = /^windlass unfinished tree [0-9a-f]{32}$/

/** Names of file systems end at 255 bytes. */
const stemBytes = 200
const suffix = /\.windlass-[0-9a-f]{12}$/

const stemOf = (target: string): string =>
  `.${Buffer.from(basename(target)).subarray(0, stemBytes).toString()}`

/**
 * A place for the tree that will stand at `target`, whose parent is there. `note` hears of it first.
 * @throws what the file system says
 */
export async function beginTree(
  target: string,
  note: (tree: TreeNote) => Promise<void>,
): Promise<UnfinishedTree> {
  for (;;) {
    const name = `${stemOf(target)}.windlass-${randomBytes(6).toString('hex')}`
    const directory = join(dirname(target), name)
    const token = randomBytes(16).toString('hex')
    await note({ path: directory, token })
    try {
      await mkdir(directory, 0o700)
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue
      throw error
    }
    const lock = await lockOf(directory, token)
    // Somebody swept it between its making and its locking: another one.
    if (lock === 'swept') continue
    return {
      path: join(directory, treeName),
      async release() {
        await removeAll(directory)
        await lock?.release()
      },
    }
  }
}

/** Undefined where the file system has no locks: then nobody else will remove the tree. */
async function lockOf(directory: string, token: string): Promise<FileLock | 'swept' | undefined> {
  const path = join(directory, lockName)
  try {
    const lock = await FileLock.take(path)
    if (!lock) return 'swept'
    await lock.sign(textOf(token))
    return lock
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'swept'
    await unlessMissing(unlink(path))
    return undefined
  }
}

/** The tree first: without the lock nobody could tell any more whose it is. */
async function removeAll(directory: string): Promise<void> {
  await removeTree(join(directory, treeName))
  await unlessMissing(unlink(join(directory, lockName)))
  await unlessMissing(rmdir(directory))
}

/** Removes what earlier builds at `target` have left beside it. @throws what the file system says, after all were tried */
export async function sweepBeside(target: string): Promise<void> {
  const parent = dirname(target)
  const stem = stemOf(target)
  const left = ((await unlessMissing(readdir(parent))) ?? []).filter(
    (name) =>
      name.startsWith(stem) && suffix.test(name) && name.length === stem.length + '.windlass-'.length + 12,
  )
  await sweepAll(left.map((name) => ({ path: join(parent, name) })))
}

/** Removes the trees that a dead run has noted. @throws what the file system says, after all were tried */
export const sweepNoted = (notes: readonly TreeNote[]): Promise<void> =>
  sweepAll(notes.filter(({ path }) => suffix.test(path)))

async function sweepAll(trees: readonly (Pick<TreeNote, 'path'> & Partial<TreeNote>)[]): Promise<void> {
  if (!locksAvailable()) return // nothing tells the dead from the living
  const errors: unknown[] = []
  for (const tree of trees) await sweep(tree).catch((error: unknown) => errors.push(error))
  if (errors.length > 0) throw errors[0]
}

async function sweep({ path, token }: Pick<TreeNote, 'path'> & Partial<TreeNote>): Promise<void> {
  // What belongs to somebody else is theirs to remove: they could change it while it is being removed.
  if (!(await isOwnDirectory(path))) return
  const names = await readdir(path)
  if (names.length === 0) {
    // Made and not locked yet. Whoever is about to lock it makes another one.
    await unlessMissing(rmdir(path)).catch(unlessFilled)
    return
  }
  if (!names.includes(lockName) || names.some((name) => name !== lockName && name !== treeName)) return
  const lock = await unlessMissing(FileLock.take(join(path, lockName)))
  if (!lock) return // its process lives
  try {
    const text = await readIfRegular(join(path, lockName))
    if (text === undefined || !(await isOurs(path, text, token))) return
    await removeAll(path).catch(unlessFilled)
  } finally {
    await lock.release()
  }
}

/** A lock says nothing where its process was killed before it could sign, or the power failed after that. */
async function isOurs(path: string, text: string, token: string | undefined): Promise<boolean> {
  if (text !== '') return token === undefined ? anyText.test(text) : text === textOf(token)
  if (token !== undefined) return true
  return ((await unlessMissing(readdir(join(path, treeName)))) ?? []).length === 0
}

async function isOwnDirectory(path: string): Promise<boolean> {
  const found = await lstatIfThere(path)
  return (
    found !== undefined &&
    found.isDirectory() &&
    found.uid === process.geteuid?.() &&
    (found.mode & 0o022) === 0
  )
}

function unlessFilled(error: unknown): void {
  if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error
}
