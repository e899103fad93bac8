/** Removes what dead runs have left, in the staging area and outside of the store. */
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { WindlassError } from '../../errors.js'
import { lstatIfThere } from '../../system/files.js'
import { locksAvailable } from '../../system/index.js'
import { FileLock } from '../locks/file-lock.js'
import { parts, stagingName } from '../files/mounts.js'
import { diskUsage } from '../files/disk-usage.js'
import { removeTree } from '../files/remove-tree.js'
import { lockName, removeRun } from './run.js'
import { shellWord } from '../../codec/shell-word.js'
import { isFull, storeError, ignoreMissing } from '../files/store-error.js'
import { syncStore } from '../files/sync-store.js'
import { readTreeNotes } from './tree-notes.js'
import { sweepRecordedTrees } from './unfinished-tree.js'

/** Content of dead processes that a sweep has removed. */
export interface Leftovers {
  /** Number of dead runs, each of which has a directory in the staging area. */
  readonly processes: number
  /** Disk space in bytes, in the staging area and beside the targets of unpacked images. */
  readonly bytes: number
}

/** The result of a sweep. */
export interface SweepResult extends Leftovers {
  /** The errors of removals that failed. The store works nevertheless. */
  readonly failures: readonly WindlassError[]
}

/**
 * Removes the directories of dead runs, which are those with an unlocked lock file. Syncs the store first: what these
 * runs committed is visible and may not be on the disk.
 * @throws the errors of `node:fs` when the staging area cannot be listed
 */
export async function sweepRuns(staging: string): Promise<SweepResult> {
  if (!locksAvailable()) return { processes: 0, bytes: 0, failures: [] } // dead runs cannot be detected
  const failures: WindlassError[] = []
  let processes = 0
  let bytes = await sweepAreas(staging)
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

/** Removes directories on other mounts whose run is gone. A run creates its own directory first. */
async function sweepAreas(staging: string): Promise<number> {
  let bytes = 0
  for (const part of parts) {
    const areas = join(dirname(staging), part, stagingName)
    for (const name of (await ignoreMissing(readdir(areas))) ?? [])
      if (isRunName(name) && !(await lstatIfThere(join(staging, name))))
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
  const lock = await ignoreMissing(FileLock.take(join(run, lockName))).catch(async (error: unknown) => {
    if (!isFull(error)) throw error
    // The lock file was never created, so the run is not active; a run that is about to create it will start another
    // one.
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
  // A tree that cannot be removed is found again by the next process that builds at the same target.
  const trees = await readTreeNotes(run)
  const { freed, errors } = await sweepRecordedTrees(trees)
  bytes += freed
  for (const part of parts)
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
