/**
 * Directory trees (unpacked images) that are being built outside of the store, each in a directory next to its target:
 *
 *     .TARGET.windlass-0123456789ab/     mode 0700
 *       lock                             locked while its process is alive; contains a token
 *       rootfs/                          the tree
 *
 * If the process is killed, the next process that builds at the same target removes the tree, or opening the store
 * does. Only trees that certainly belong to Windlass are removed, and only if they are not locked.
 */
import { randomBytes } from 'node:crypto'
import { readdir, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { lstatIfExists, mkdir, unlink } from '../../system/files.js'
import { locksAvailable } from '../../system/index.js'
import { FileLock } from '../locks/file-lock.js'
import { readIfRegular } from '../files/read-regular.js'
import { diskUsage } from '../files/disk-usage.js'
import { removeTree } from '../files/remove-tree.js'
import { errnoOf, ignoreMissing } from '../files/store-error.js'

/** What a run notes about a tree before creating it, so that a later sweep finds the tree. */
export interface TreeNote {
  /** Path of the directory that contains the lock and the tree. */
  readonly path: string
  /** Random text that the tree's lock file contains as well, so that no other directory is removed. */
  readonly token: string
}

/** A tree under construction. */
export interface UnfinishedTree {
  /** Path at which to build the tree. Nothing exists there yet. Rename it to the target when it is complete. */
  readonly path: string
  /** Removes the directory with its lock, and the tree unless it was moved to its target. */
  release(): Promise<void>
}

const lockName = 'lock'
const treeName = 'rootfs'

const lockTextOf = (token: string): string => `windlass unfinished tree ${token}`
const lockTextPattern = /^windlass unfinished tree [0-9a-f]{32}$/

/**
 * Maximum number of bytes of the target's name to use. With the suffix, the name then stays below 255 bytes
 * (NAME_MAX).
 */
const maxStemBytes = 200
const suffixPattern = /\.windlass-[0-9a-f]{12}$/

const stemOf = (target: string): string =>
  `.${Buffer.from(basename(target)).subarray(0, maxStemBytes).toString()}`

/**
 * Creates and locks a directory in which to build the tree that will be moved to `target`. The parent of `target` must
 * exist. Calls `note` before creating the directory.
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
      if (errnoOf(error) === 'EEXIST') continue
      throw error
    }
    const lock = await lockDirectory(directory, token)
    // Another process removed the directory before it was locked: try another one.
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
 * Locks the directory. Returns undefined if it cannot be locked, for example on a file system without locks. It then
 * has no lock file, so other processes do not remove it. Returns `swept` if another process has removed the directory.
 */
async function lockDirectory(directory: string, token: string): Promise<FileLock | 'swept' | undefined> {
  const path = join(directory, lockName)
  try {
    const lock = await FileLock.take(path)
    if (!lock) return 'swept' // another process holds the lock: it is removing the directory
    await lock.write(lockTextOf(token))
    return lock
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 'swept'
    await ignoreMissing(unlink(path))
    return undefined
  }
}

/** Removes the tree before the lock file, so that a later sweep still recognizes a half-removed tree. */
async function removeTreeAndLock(directory: string): Promise<void> {
  await removeTree(join(directory, treeName))
  await ignoreMissing(unlink(join(directory, lockName)))
  await ignoreMissing(rmdir(directory))
}

/**
 * Removes the trees that killed processes left next to `target`. @throws the first error of `node:fs`, after trying
 * all trees
 */
export async function sweepTreesNextTo(target: string): Promise<void> {
  const parent = dirname(target)
  const stem = stemOf(target)
  const abandoned = ((await ignoreMissing(readdir(parent))) ?? []).filter(
    (name) =>
      name.startsWith(stem) &&
      suffixPattern.test(name) &&
      name.length === stem.length + '.windlass-'.length + 12,
  )
  const { errors } = await sweepTrees(abandoned.map((name) => ({ path: join(parent, name) })))
  if (errors.length > 0) throw errors[0]
}

/** The result of the removal of several trees: the bytes that were freed, and the errors of `node:fs`. */
interface SweptTrees {
  readonly freedBytes: number
  readonly errors: readonly unknown[]
}

/** Removes the trees that a dead run noted. */
export const sweepRecordedTrees = (notes: readonly TreeNote[]): Promise<SweptTrees> =>
  sweepTrees(notes.filter(({ path }) => suffixPattern.test(path)))

async function sweepTrees(
  trees: readonly (Pick<TreeNote, 'path'> & Partial<TreeNote>)[],
): Promise<SweptTrees> {
  const errors: unknown[] = []
  let freedBytes = 0
  if (!locksAvailable()) return { freedBytes, errors } // abandoned trees cannot be detected
  for (const tree of trees)
    try {
      freedBytes += await sweepIfDead(tree)
    } catch (error) {
      errors.push(error)
    }
  return { freedBytes, errors }
}

/** Removes the tree if its process is dead. Returns the freed disk space in bytes. */
async function sweepIfDead({ path, token }: Pick<TreeNote, 'path'> & Partial<TreeNote>): Promise<number> {
  // Another user could replace parts of its directory with links while it is being removed.
  if (!(await isOwnDirectory(path))) return 0
  const names = await readdir(path)
  if (names.length === 0) {
    // Not locked yet. If a process is about to lock it, that process creates another one.
    await ignoreMissing(rmdir(path)).catch(ignoreNotEmpty)
    return 0
  }
  if (!names.includes(lockName) || names.some((name) => name !== lockName && name !== treeName)) return 0
  const lock = await ignoreMissing(FileLock.take(join(path, lockName)))
  if (!lock) return 0 // its process is alive
  try {
    const text = await readIfRegular(join(path, lockName))
    if (text === undefined || !(await belongsToWindlass(path, text, token))) return 0
    const bytes = await diskUsage(path)
    await removeTreeAndLock(path).catch(ignoreNotEmpty)
    return bytes
  } finally {
    await lock.release()
  }
}

/**
 * Reports whether the tree belongs to Windlass. `text` is the content of its lock file, which is empty if the process
 * was killed before writing it, or after a power failure. `token` is that of the note, if there is one.
 */
async function belongsToWindlass(path: string, text: string, token: string | undefined): Promise<boolean> {
  if (text !== '') return token === undefined ? lockTextPattern.test(text) : text === lockTextOf(token)
  if (token !== undefined) return true
  return ((await ignoreMissing(readdir(join(path, treeName)))) ?? []).length === 0
}

async function isOwnDirectory(path: string): Promise<boolean> {
  const found = await lstatIfExists(path)
  return (
    found !== undefined &&
    found.isDirectory() &&
    found.uid === process.geteuid?.() &&
    (found.mode & 0o022) === 0
  )
}

function ignoreNotEmpty(error: unknown): void {
  if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error
}
