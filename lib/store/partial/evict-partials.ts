/** Limits the disk space of interrupted downloads by removing the oldest. Never removes an active one. */
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, isDigest } from '../../image/index.js'
import { digestPath } from '../files/digest-path.js'
import { FileLock } from '../locks/file-lock.js'
import { removeTree } from '../files/remove-tree.js'
import { isDiskFull, ignoreMissing } from '../files/store-error.js'

interface InterruptedDownload {
  readonly digest: Digest
  readonly path: string
  readonly bytes: number
  /** Time of the last write, in milliseconds since 1970. Used only for ordering. */
  readonly changedAt: number
}

/** Options of `removePartials`. */
export interface RemovePartialsOptions {
  /** Maximum number of bytes to keep. Active downloads and those in `wanted` are not counted. */
  readonly keepBytes: number
  /** Report what would be removed, without removing it. */
  readonly dryRun?: boolean
  /** Downloads to keep, because a process is about to continue them. */
  readonly wanted?: ReadonlySet<Digest>
}

/**
 * Removes empty interrupted downloads, and the oldest others until at most `keepBytes` are left. Returns the removed
 * ones that were not empty.
 * @throws the errors of the file system
 */
export async function removePartials(
  directory: string,
  { keepBytes, dryRun = false, wanted = new Set() }: RemovePartialsOptions,
): Promise<Pick<InterruptedDownload, 'digest' | 'bytes'>[]> {
  const removed: InterruptedDownload[] = []
  let kept = 0
  const newestFirst = (await listInterrupted(directory)).sort((a, b) => b.changedAt - a.changedAt)
  for (const each of newestFirst) {
    // An empty download is useless unless it is active, so it is removed even if it is in `wanted`.
    if (each.bytes > 0 && wanted.has(each.digest)) continue
    if (each.bytes > 0 && kept + each.bytes <= keepBytes) {
      if (!(await isLocked(each))) kept += each.bytes
    } else if (dryRun ? !(await isLocked(each)) : await removeUnlessLocked(each)) removed.push(each)
  }
  return removed.filter(({ bytes }) => bytes > 0).map(({ digest, bytes }) => ({ digest, bytes }))
}

/** Lists the digests that have any file: bytes, a journal or a lock. Includes active downloads. */
export async function listInterrupted(directory: string): Promise<InterruptedDownload[]> {
  const found: InterruptedDownload[] = []
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

/** Removes a download. Returns false if it is active, which means locked. */
async function removeUnlessLocked({ path }: InterruptedDownload): Promise<boolean> {
  const clear = async (): Promise<void> => {
    for (const each of [`${path}.json.new`, `${path}.json`, path]) await removeTree(each)
  }
  let lock: FileLock | undefined
  try {
    lock = await FileLock.take(`${path}.lock`)
  } catch (error) {
    if (!isDiskFull(error)) throw error
    await clear() // no lock file could be created on the full disk, so none exists and the download is not active
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

async function isLocked({ path }: InterruptedDownload): Promise<boolean> {
  const lockPath = `${path}.lock`
  if (!(await ignoreMissing(lstat(lockPath)))) return false
  const lock = await FileLock.take(lockPath, { allowReadOnly: true })
  // A failure to remove the lock file is ignored, for example in a store that is not writable.
  await lock?.release({ remove: true }).catch(() => undefined)
  return lock === undefined
}
