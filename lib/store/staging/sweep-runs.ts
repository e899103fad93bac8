/** Removes what runs of the store left that died, in its staging area and outside of it. */
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
 * Removes what runs left that died: those whose lock nobody holds. What they had put into the store can be seen and is
 * perhaps not on the disk yet, so that comes first: from here on it is relied on.
 *
 * Answers with what could not be removed: nothing else needs to fail of it.
 */
export async function sweepRuns(staging: string): Promise<WindlassError[]> {
  if (!locksAvailable()) return [] // nothing tells the dead from the living
  const failures: WindlassError[] = []
  await sweepAreas(staging)
  let synced = false
  const sync = async (): Promise<void> => {
    if (!synced) await syncStore(dirname(staging))
    synced = true
  }
  for (const name of (await unlessMissing(readdir(staging))) ?? []) {
    if (!isRunName(name)) continue // not ours
    const run = join(staging, name)
    await sweep(run, sync).catch((error: unknown) => failures.push(notRemoved(error, run)))
  }
  return failures
}

const isRunName = (name: string): boolean => /^[0-9a-f]{16}$/.test(name)

/** Removes what runs left on other mounts that are gone: no run has anything there before it has its own directory. */
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
    // Its lock was never made, so nobody has it: who is just about to make it begins another run.
    await removeTree(run)
  })
  if (!lock) return
  try {
    await sync()
  } catch (error) {
    await lock.release()
    throw error
  }
  // A tree that cannot be removed is found again by who builds in its place.
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
  const { code, message, subject, hint } = storeError(error, 'remove what an earlier process left', run)
  const way = `Remove it as its owner, or as root: “rm -rf ${shellWord(run)}”.`
  return new WindlassError(code, message, {
    ...subject,
    cause: error,
    hint: code === 'STORE_DENIED' ? way : (hint ?? way),
  })
}
