/** Limits the space of interrupted downloads: removes the oldest, and never an active one. */
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, isDigest } from '../../image/index.js'
import { digestPath } from '../files/digest-path.js'
import { FileLock } from '../locks/file-lock.js'
import { removeTree } from '../files/remove-tree.js'
import { isFull, ignoreMissing } from '../files/store-error.js'

interface Interrupted {
  readonly digest: Digest
  readonly path: string
  readonly bytes: number
  /** Time of the last write, in milliseconds. Used only for ordering; a wrong clock costs at most a download. */
  readonly changedAt: number
}

/** Options of `removePartials`. */
export interface RemovePartialsOptions {
  /** Maximum number of bytes to keep. Active downloads and those in `wanted` are not counted. */
  readonly keep: number
  /** Report what would be removed, without removing it. */
  readonly dryRun?: boolean
  /** Downloads that a run is about to continue. */
  readonly wanted?: ReadonlySet<Digest>
}

/**
 * Removes interrupted downloads beyond `keep` bytes, and empty ones. Returns the removed ones that were not empty.
 * @throws the errors of the file system
 */
export async function removePartials(
  directory: string,
  { keep, dryRun = false, wanted = new Set() }: RemovePartialsOptions,
): Promise<Pick<Interrupted, 'digest' | 'bytes'>[]> {
  const removed: Interrupted[] = []
  let kept = 0
  const youngestFirst = (await list(directory)).sort((a, b) => b.changedAt - a.changedAt)
  for (const each of youngestFirst) {
    // An empty download is useful only to the holder of its lock.
    if (each.bytes > 0 && wanted.has(each.digest)) continue
    if (each.bytes > 0 && kept + each.bytes <= keep) {
      if (!(await isLocked(each))) kept += each.bytes
    } else if (dryRun ? !(await isLocked(each)) : await remove(each)) removed.push(each)
  }
  return removed.filter(({ bytes }) => bytes > 0).map(({ digest, bytes }) => ({ digest, bytes }))
}

/** Lists the digests of which there is any file: bytes, a journal or a lock. */
async function list(directory: string): Promise<Interrupted[]> {
  const found: Interrupted[] = []
  for (const algorithm of (await ignoreMissing(readdir(directory))) ?? []) {
    const names = (await ignoreMissing(readdir(join(directory, algorithm)))) ?? []
    const digests = new Set(names.map((name) => `${algorithm}:${name.replace(/\..*$/, '')}`))
    for (const digest of digests) {
      if (!isDigest(digest)) continue
      const path = digestPath(directory, digest)
      const stats = await ignoreMissing(lstat(path))
      found.push({ digest, path, bytes: stats?.size ?? 0, changedAt: stats?.mtimeMs ?? 0 })
    }
  }
  return found
}

/** Removes a download. Returns false if it is locked. */
async function remove({ path }: Interrupted): Promise<boolean> {
  const clear = async (): Promise<void> => {
    for (const each of [`${path}.json.new`, `${path}.json`, path]) await removeTree(each)
  }
  let lock: FileLock | undefined
  try {
    lock = await FileLock.take(`${path}.lock`)
  } catch (error) {
    if (!isFull(error)) throw error
    await clear() // an active download has a lock file, so this one is not active
    return true
  }
  if (!lock) return false
  try {
    await clear()
  } finally {
    await lock.release({ remove: true })
  }
  return true
}

async function isLocked({ path }: Interrupted): Promise<boolean> {
  const lockPath = `${path}.lock`
  if (!(await ignoreMissing(lstat(lockPath)))) return false
  const lock = await FileLock.take(lockPath, { allowReadOnly: true })
  // A failure to remove the lock file is ignored, for example in a store that is not writable.
  await lock?.release({ remove: true }).catch(() => undefined)
  return lock === undefined
}
