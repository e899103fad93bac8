/**
 * Provides the temporary directory beside an archive, in which its content is collected before it is written. The directory is locked
 * while it is used: one without a lock belongs to a process that was killed, and is removed by the next copy to the same directory.
 */
import { constants, readdirSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type SyncFile, makeDirectories, open } from '../../system/files.js'
import { locksAvailable } from '../../system/index.js'
import { tryLock, withLayoutLock } from '../layout/layout-lock.js'

/** Start of the names of these directories. */
export const stagingPrefix = '.windlass-archive-'

/** A temporary directory. */
export interface Staging {
  readonly directory: string
  /** Final path of the archive: `file`, or what it is a symbolic link to. */
  readonly target: string
  /** Removes the directory. */
  remove(): Promise<void>
}

/**
 * Creates a temporary directory beside `file`, and the parents of `file` if they do not exist.
 * @throws the errors of `node:fs`; as `withLayoutLock`
 */
export async function createStaging(file: string, signal?: AbortSignal): Promise<Staging> {
  const target = await realpath(file).catch(() => file)
  const parent = dirname(target)
  await makeDirectories(parent, 0o755)
  const { directory, lock } = await withLayoutLock(
    parent,
    async () => {
      await sweep(parent)
      const directory = await mkdtemp(join(parent, stagingPrefix))
      return { directory, lock: await lockDirectory(directory) }
    },
    signal,
  )
  return {
    ...{ directory, target },
    async remove() {
      await rm(directory, { recursive: true, force: true })
      await lock.close()
    },
  }
}

async function lockDirectory(directory: string): Promise<SyncFile> {
  const file = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  tryLock(file.fd)
  return file
}

/** Removes the directories of processes that were killed. */
async function sweep(parent: string): Promise<void> {
  if (!locksAvailable()) return
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(stagingPrefix)) continue
    const path = join(parent, name)
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
    const file = await open(path, flags).catch(() => undefined)
    if (file === undefined) continue
    // Where locks do not work, the result is undefined, and the directory may belong to a running process.
    if (tryLock(file.fd) === true) await rm(path, { recursive: true, force: true }).catch(() => undefined)
    await file.close()
  }
}
