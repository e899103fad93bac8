/**
 * Removes the files of dead runs, in the staging directories and outside of the store. A run is one use of the store
 * by a process; it is dead if its process ended without closing the store.
 */
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { WindlassError } from '../../errors.js'
import { lstatIfExists } from '../../system/files.js'
import { locksAvailable } from '../../system/index.js'
import { FileLock } from '../locks/file-lock.js'
import { storeParts, stagingName } from '../files/mounts.js'
import { diskUsage } from '../files/disk-usage.js'
import { removeTree } from '../files/remove-tree.js'
import { lockFileName, removeRun } from './run.js'
import { shellWord } from '../../codec/shell-word.js'
import { isDiskFull, storeError, ignoreMissing } from '../files/store-error.js'
import { syncStore } from '../files/sync-store.js'
import { readTreeNotes } from './tree-notes.js'
import { sweepRecordedTrees } from './unfinished-tree.js'

/** Files of killed processes that a sweep has removed. */
export interface Leftovers {
  /** Number of killed processes, more exactly of their runs. */
  readonly processes: number
  /** Freed disk space in bytes, in the store and next to the target directories of unpacked images. */
  readonly bytes: number
}

/** The result of a sweep. */
export interface SweepResult extends Leftovers {
  /** The errors of removals that failed. The store can be used nevertheless. */
  readonly failures: readonly WindlassError[]
}

/**
 * Removes the directories of dead runs, whose lock files are not locked. Syncs the store first, because a killed run
 * may have committed content without syncing it.
 * @throws the errors of `node:fs` when the staging area cannot be listed
 */
export async function sweepRuns(staging: string): Promise<SweepResult> {
  if (!locksAvailable()) return { processes: 0, bytes: 0, failures: [] } // dead runs cannot be detected
  const failures: WindlassError[] = []
  let processes = 0
  let bytes = await sweepOtherMounts(staging)
  let synced = false
  const sync = async (): Promise<void> => {
    if (!synced) await syncStore(dirname(staging))
    synced = true
  }
  for (const name of (await ignoreMissing(readdir(staging))) ?? []) {
    if (!isRunName(name)) continue // not a run
    const run = join(staging, name)
    try {
      const freed = await sweepRun(run, sync)
      if (freed === undefined) continue
      processes++
      bytes += freed
    } catch (error) {
      failures.push(notRemovedError(error, run))
    }
  }
  return { processes, bytes, failures }
}

const isRunName = (name: string): boolean => /^[0-9a-f]{16}$/.test(name)

/**
 * Removes the staging directories on other mounts whose run has no directory in `staging`. Such a run is dead, because
 * a run creates its directory in `staging` first. Returns the freed bytes.
 */
async function sweepOtherMounts(staging: string): Promise<number> {
  let bytes = 0
  for (const part of storeParts) {
    const areas = join(dirname(staging), part, stagingName)
    for (const name of (await ignoreMissing(readdir(areas))) ?? [])
      if (isRunName(name) && !(await lstatIfExists(join(staging, name))))
        bytes += await measureAndRemove(join(areas, name))
  }
  return bytes
}

/** Removes a tree. Returns the disk space in bytes that it had. */
async function measureAndRemove(path: string): Promise<number> {
  const bytes = await diskUsage(path)
  await removeTree(path)
  return bytes
}

/** Removes the directory of a dead run. Returns the disk space in bytes that it had; undefined if the run is alive. */
async function sweepRun(run: string, sync: () => Promise<void>): Promise<number | undefined> {
  let bytes = 0
  const lock = await ignoreMissing(FileLock.take(join(run, lockFileName))).catch(async (error: unknown) => {
    if (!isDiskFull(error)) throw error
    // On the full disk, no lock file could be created here, so there was none and the run is not active. If a run was
    // about to create it, that run starts again with another directory.
    bytes += await measureAndRemove(run)
    return 'removed' as const
  })
  if (lock === 'removed') return bytes
  if (!lock) return undefined
  try {
    await sync()
  } catch (error) {
    await lock.release()
    throw error
  }
  // If a tree cannot be removed now, the next process that builds at the same target tries again.
  const trees = await readTreeNotes(run)
  const { freedBytes, errors } = await sweepRecordedTrees(trees)
  bytes += freedBytes
  for (const part of storeParts)
    bytes += await measureAndRemove(join(dirname(run), '..', part, stagingName, basename(run)))
  bytes += await diskUsage(run)
  await removeRun(run, lock)
  if (errors.length > 0) throw errors[0]
  return bytes
}

function notRemovedError(error: unknown, run: string): WindlassError {
  const { code, message, subject, hint } = storeError(error, 'remove files of an earlier process', run)
  const removal = `Remove it as its owner, or as root: “rm -rf ${shellWord(run)}”.`
  return new WindlassError(code, message, {
    ...subject,
    cause: error,
    hint: code === 'STORE_DENIED' ? removal : (hint ?? removal),
  })
}
