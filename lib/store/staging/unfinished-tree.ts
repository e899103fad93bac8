/**
 * Directory trees (unpacked images) that are being built outside of the store, each in a directory next to its target:
 *
 *     .TARGET.windlass-0123456789ab/     mode 0700
 *       lock                             locked while its process is alive; contains a token
 *       rootfs/                          the tree
 *
 * What a killed process leaves is removed by the next process that builds at the same target, and by the next sweep of
 * the store. Only trees that certainly belong to this program are removed, and none that is locked.
 */
import { randomBytes } from 'node:crypto'
import { readdir, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { lstatIfThere, mkdir, unlink } from '../../system/files.js'
import { locksAvailable } from '../../system/index.js'
import { FileLock } from '../locks/file-lock.js'
import { readIfRegular } from '../files/read-regular.js'
import { diskUsage } from '../files/disk-usage.js'
import { removeTree } from '../files/remove-tree.js'
import { codeOf, ignoreMissing } from '../files/store-error.js'

/** What the store records about a tree before the tree exists, so that a later sweep finds it. */
export interface TreeNote {
  readonly path: string
  /** Also the content of the tree's lock file. */
  readonly token: string
}

/** A tree under construction. */
export interface UnfinishedTree {
  /** Path at which to build the tree. Nothing exists there yet. Rename it to the target when it is complete. */
  readonly path: string
  /** Removes the directory and its lock, and the tree too unless it was moved to its target. */
  release(): Promise<void>
}

const lockName = 'lock'
const treeName = 'rootfs'

const lockTextOf = (token: string): string => `windlass unfinished tree ${token}`
const lockTextPattern = /^windlass unfinished tree [0-9a-f]{32}$/

/** Maximum number of bytes of the target's name to use: with the suffix, the name must not exceed 255 bytes. */
const stemBytes = 200
const suffix = /\.windlass-[0-9a-f]{12}$/

const stemOf = (target: string): string =>
  `.${Buffer.from(basename(target)).subarray(0, stemBytes).toString()}`

/**
 * Creates a place for the tree that will be moved to `target`. The parent of `target` must exist. `note` is called
 * before the place is created.
 * @throws the errors of `node:fs` and of `note`
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
    const lock = await lockDirectory(directory, token)
    // Another process swept the directory before it was locked: try another one.
    if (lock === 'swept') continue
    return {
      path: join(directory, treeName),
      async release() {
        await removeTreeAndLock(directory)
        await lock?.release()
      },
    }
  }
}

/**
 * Locks the directory. Returns undefined if it cannot be locked, for example on a file system without locks; other
 * processes then do not remove the tree. Returns `swept` if another process has removed the directory.
 */
async function lockDirectory(directory: string, token: string): Promise<FileLock | 'swept' | undefined> {
  const path = join(directory, lockName)
  try {
    const lock = await FileLock.take(path)
    if (!lock) return 'swept' // another process holds the lock: it is removing the directory
    await lock.write(lockTextOf(token))
    return lock
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'swept'
    await ignoreMissing(unlink(path))
    return undefined
  }
}

/** Removes the lock file after the tree, so that an interrupted removal leaves a tree that a sweep still recognizes. */
async function removeTreeAndLock(directory: string): Promise<void> {
  await removeTree(join(directory, treeName))
  await ignoreMissing(unlink(join(directory, lockName)))
  await ignoreMissing(rmdir(directory))
}

/** Removes what earlier builds at `target` have left. @throws the first error of `node:fs`, after trying all trees */
export async function sweepNextTo(target: string): Promise<void> {
  const parent = dirname(target)
  const stem = stemOf(target)
  const abandoned = ((await ignoreMissing(readdir(parent))) ?? []).filter(
    (name) =>
      name.startsWith(stem) && suffix.test(name) && name.length === stem.length + '.windlass-'.length + 12,
  )
  const { errors } = await sweepAll(abandoned.map((name) => ({ path: join(parent, name) })))
  if (errors.length > 0) throw errors[0]
}

/** The result of the removal of several trees: the bytes that were freed, and the errors of `node:fs`. */
interface SweptTrees {
  readonly freed: number
  readonly errors: readonly unknown[]
}

/** Removes the trees recorded by a dead run. */
export const sweepRecordedTrees = (notes: readonly TreeNote[]): Promise<SweptTrees> =>
  sweepAll(notes.filter(({ path }) => suffix.test(path)))

async function sweepAll(trees: readonly (Pick<TreeNote, 'path'> & Partial<TreeNote>)[]): Promise<SweptTrees> {
  const errors: unknown[] = []
  let freed = 0
  if (!locksAvailable()) return { freed, errors } // abandoned trees cannot be detected
  for (const tree of trees)
    try {
      freed += await sweep(tree)
    } catch (error) {
      errors.push(error)
    }
  return { freed, errors }
}

/** Removes the tree if its process is dead. Returns the disk space in bytes that it had. */
async function sweep({ path, token }: Pick<TreeNote, 'path'> & Partial<TreeNote>): Promise<number> {
  // A directory of another user could be changed while it is being removed.
  if (!(await isOwnDirectory(path))) return 0
  const names = await readdir(path)
  if (names.length === 0) {
    // Not locked yet. The process that is about to lock it will create another one.
    await ignoreMissing(rmdir(path)).catch(ignoreNotEmpty)
    return 0
  }
  if (!names.includes(lockName) || names.some((name) => name !== lockName && name !== treeName)) return 0
  const lock = await ignoreMissing(FileLock.take(join(path, lockName)))
  if (!lock) return 0 // its process is alive
  try {
    const text = await readIfRegular(join(path, lockName))
    if (text === undefined || !(await isOurs(path, text, token))) return 0
    const bytes = await diskUsage(path)
    await removeTreeAndLock(path).catch(ignoreNotEmpty)
    return bytes
  } finally {
    await lock.release()
  }
}

/**
 * Reports whether the tree belongs to this program. The lock file is empty if its process was killed before signing it,
 * or after a power failure.
 */
async function isOurs(path: string, text: string, token: string | undefined): Promise<boolean> {
  if (text !== '') return token === undefined ? lockTextPattern.test(text) : text === lockTextOf(token)
  if (token !== undefined) return true
  return ((await ignoreMissing(readdir(join(path, treeName)))) ?? []).length === 0
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

function ignoreNotEmpty(error: unknown): void {
  if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error
}
