/**
 * Writes files and directories durably: write, sync, rename, sync the directory. Without any of these steps, a power
 * failure can leave an empty file under its final name.
 */
import { constants } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { WindlassError } from '../../errors.js'
import { lstatIfExists, mkdir, open, rename } from '../../system/files.js'
import { errnoOf } from './store-error.js'
import { recoveryHints } from './recovery-hints.js'

/** Writes a new file with mode 0600. The caller must sync it. @throws EEXIST if `path` exists */
export const writeNew = (path: string, bytes: Buffer | string): Promise<void> => write(path, bytes, false)

/** Writes a new file with mode 0600 and syncs it. @throws EEXIST if `path` exists */
export const writeSynced = (path: string, bytes: Buffer | string): Promise<void> => write(path, bytes, true)

/** Copies `from` to the new file `to` and syncs it. */
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

/** Syncs `directory`, so that renames into it are durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Renames `from` to `to`, replacing an existing file, and syncs the directory of `to`. The caller must have synced the
 * content of `from`. Both paths must be on the same mount.
 */
export async function publish(from: string, to: string): Promise<void> {
  await rename(from, to)
  await syncDirectory(dirname(to))
}

/**
 * Creates the directory `path` with mode 0700 if it does not exist. Its parent must exist.
 * @throws WindlassError STORE_CORRUPT when `path` is something else, for example a link
 */
export async function ensureDirectory(path: string): Promise<void> {
  if (await isDirectory(path)) return
  try {
    await mkdir(path, 0o700)
    await syncDirectory(dirname(path))
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    if (!(await isDirectory(path))) throw notADirectoryError(path)
  }
}

/** Returns the STORE_CORRUPT error for a path that is not a directory. */
export const notADirectoryError = (path: string): WindlassError =>
  new WindlassError('STORE_CORRUPT', `In the store, ${path} is not a directory`, {
    path,
    hint: recoveryHints.moveAway(path),
  })

/** Reports whether `path` is a directory. A link to a directory is not. */
export async function isDirectory(path: string): Promise<boolean> {
  return (await lstatIfExists(path))?.isDirectory() ?? false
}
