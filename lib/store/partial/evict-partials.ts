/** Keeps the bytes of interrupted downloads within a budget: the oldest go first, those under way are left alone. */
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, isDigest } from '../../image/index.js'
import { digestPath } from '../files/digest-path.js'
import { FileLock } from '../locks/file-lock.js'
import { removeTree } from '../files/remove-tree.js'
import { isFull, unlessMissing } from '../files/store-error.js'

interface Interrupted {
  readonly digest: Digest
  readonly path: string
  readonly bytes: number
  /** When a byte last came, in milliseconds. Only the order matters: a clock that jumps costs a download at most. */
  readonly changed: number
}

export interface RemovePartialsOptions {
  /** In bytes. Those under way, and those of `wanted`, are not counted. */
  readonly keep: number
  readonly dryRun?: boolean
  /** What somebody is about to go on with. */
  readonly wanted?: ReadonlySet<Digest>
}

/** Removes what is over `keep` bytes, and what has no bytes at all; answers with what had some. */
export async function removePartials(
  directory: string,
  { keep, dryRun = false, wanted = new Set() }: RemovePartialsOptions,
): Promise<Pick<Interrupted, 'digest' | 'bytes'>[]> {
  const removed: Interrupted[] = []
  let kept = 0
  const youngestFirst = (await list(directory)).sort((a, b) => b.changed - a.changed)
  for (const each of youngestFirst) {
    // What has no bytes is no loss to anybody who does not have its lock.
    if (each.bytes > 0 && wanted.has(each.digest)) continue
    if (each.bytes > 0 && kept + each.bytes <= keep) {
      if (!(await isTaken(each))) kept += each.bytes
    } else if (dryRun ? !(await isTaken(each)) : await remove(each)) removed.push(each)
  }
  return removed.filter(({ bytes }) => bytes > 0).map(({ digest, bytes }) => ({ digest, bytes }))
}

/** One for every digest of which anything is here: bytes, a journal, a lock. */
async function list(directory: string): Promise<Interrupted[]> {
  const found: Interrupted[] = []
  for (const algorithm of (await unlessMissing(readdir(directory))) ?? []) {
    const names = (await unlessMissing(readdir(join(directory, algorithm)))) ?? []
    const digests = new Set(names.map((name) => `${algorithm}:${name.replace(/\..*$/, '')}`))
    for (const digest of digests) {
      if (!isDigest(digest)) continue
      const path = digestPath(directory, digest)
      const stats = await unlessMissing(lstat(path))
      found.push({ digest, path, bytes: stats?.size ?? 0, changed: stats?.mtimeMs ?? 0 })
    }
  }
  return found
}

/** False where somebody is at it. */
async function remove({ path }: Interrupted): Promise<boolean> {
  const clear = async (): Promise<void> => {
    for (const each of [`${path}.json.new`, `${path}.json`, path]) await removeTree(each)
  }
  let lock: FileLock | undefined
  try {
    lock = await FileLock.take(`${path}.lock`)
  } catch (error) {
    if (!isFull(error)) throw error
    await clear() // who is at it has a lock there
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

async function isTaken({ path }: Interrupted): Promise<boolean> {
  const lockPath = `${path}.lock`
  if (!(await unlessMissing(lstat(lockPath)))) return false
  const lock = await FileLock.take(lockPath, { asItIs: true })
  // Where nothing can be removed it may stay.
  await lock?.release({ remove: true }).catch(() => undefined)
  return lock === undefined
}
