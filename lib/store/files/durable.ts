/**
 * The steps by which something appears in the store for good: written, synced, renamed, and its directory
 * synced. Skip one, and a power cut leaves empty files behind names that say they are whole.
 */
import { constants } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { WindlassError } from '../../errors.js'
import { lstatIfThere, mkdir, open, rename } from '../../system/files.js'
import { codeOf } from './store-error.js'
import { waysOut } from './ways-out.js'

/** Writes a new file that only this user can read. Somebody else has to see that the disk gets it. */
export const writeNew = (path: string, bytes: Buffer | string): Promise<void> => write(path, bytes, false)

/** The same, and waits until the disk has it. */
export const writeSynced = (path: string, bytes: Buffer | string): Promise<void> => write(path, bytes, true)

/** Copies `from` to the new file `to`, and waits until the disk has it. */
export async function copySynced(from: string, to: string): Promise<void> {
  await (await open(to, 'wx', 0o600)).close()
  await copyFile(from, to)
  const file = await open(to, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

async function write(path: string, bytes: Buffer | string, synced: boolean): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.write(bytes)
    if (synced) await file.sync()
  } finally {
    await file.close()
  }
}

/** Waits until the disk has the entries of `directory`: what was renamed into it stays there. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Lets `from`, whose content is synced, appear as `to`, replacing a file that is there. Both on one file system. */
export async function publish(from: string, to: string): Promise<void> {
  await rename(from, to)
  await syncDirectory(dirname(to))
}

/**
 * Makes `path` a directory of this user alone, whatever the umask, below one that is there.
 * @throws WindlassError STORE_CORRUPT where something else is in its place, such as a link
 */
export async function ensureDirectory(path: string): Promise<void> {
  if (await isDirectory(path)) return
  try {
    await mkdir(path, 0o700)
    await syncDirectory(dirname(path))
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    if (!(await isDirectory(path))) throw notADirectory(path)
  }
}

export const notADirectory = (path: string): WindlassError =>
  new WindlassError('STORE_CORRUPT', `In the store, ${path} is not a directory`, {
    path,
    hint: waysOut.moveAway(path),
  })

/** Whether there is a directory itself, no link to one. */
export async function isDirectory(path: string): Promise<boolean> {
  return (await lstatIfThere(path))?.isDirectory() ?? false
}
