/** Removes what dead runs have left, in the staging area and outside of the store. */
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { WindlassError } from '../../errors.js'
import { lstatIfThere } from '../../system/files.js'
import { locksAvailable } from '../../system/index.js'
import { FileLock } from '../locks/file-lock.js'
import { parts, stagingName } from '../files/mounts.js'
import { removeTree } from '../files/remove-tree.js'
import { lockName, removeRun } from './run.js'
import { shellWord } from '../../codec/shell-word.js'
import { isFull, storeError, unlessMissing } from '../files/store-error.js'
import { syncStore } from '../files/sync-store.js'
import { treesNoted } from './tree-notes.js'
import { sweepNoted } from './unfinished-tree.js'

/**
 * Removes the directories of dead runs, which are those with an unlocked lock file. Syncs the store first: what these
 * runs committed is visible and may not be on the disk.
 *
 * Returns the failures; callers can continue without these removals.
 * @throws the errors of `node:fs` when the staging area cannot be listed
 */
export async function sweepRuns(staging: string): Promise<WindlassError[]> {
  if (!locksAvailable()) return [] // dead runs cannot be detected
  const failures: WindlassError[] = []
  await sweepAreas(staging)
  let synced = false
  const sync = async (): Promise<void> => {
    if (!synced) await syncStore(dirname(staging))
    synced = true
  }
  for (const name of (await unlessMissing(readdir(staging))) ?? []) {
    if (!isRunName(name)) continue // not a run
    const run = join(staging, name)
    await sweep(run, sync).catch((error: unknown) => failures.push(notRemoved(error, run)))
  }
  return failures
}

const isRunName = (name: string): boolean => /^[0-9a-f]{16}$/.test(name)

/** Removes directories on other mounts whose run is gone. A run creates its own directory first. */
async function sweepAreas(staging: string): Promise<void> {
  for (const part of parts) {
    const areas = join(dirname(staging), part, stagingName)
    for (const name of (await unlessMissing(readdir(areas))) ?? [])
      if (isRunName(name) && !(await lstatIfThere(join(staging, name)))) await removeTree(join(areas, name))
  }
}

async function sweep(run: string, sync: () => Promise<void>): Promise<void> {
  const lock = await unlessMissing(FileLock.take(join(run, lockName))).catch(async (error: unknown) => {
    if (!isFull(error)) throw error
    // The lock file was never created, so the run is not active; a run that is about to create it will start another
    // one.
    await removeTree(run)
  })
  if (!lock) return
  try {
    await sync()
  } catch (error) {
    await lock.release()
    throw error
  }
  // If this fails, the next process that builds at the same place finds the tree again.
  const trees = await treesNoted(run)
  const swept = await sweepNoted(trees).then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  for (const part of parts) await removeTree(join(dirname(run), '..', part, stagingName, basename(run)))
  await removeRun(run, lock)
  if (swept) throw swept.error
}

function notRemoved(error: unknown, run: string): WindlassError {
  const { code, message, subject, hint } = storeError(error, 'remove files of an earlier process', run)
  const removal = `Remove it as its owner, or as root: “rm -rf ${shellWord(run)}”.`
  return new WindlassError(code, message, {
    ...subject,
    cause: error,
    hint: code === 'STORE_DENIED' ? removal : (hint ?? removal),
  })
}
