/**
 * Reserves disk space, so that names can be removed from `index.json` when the disk is full. The reserve is the
 * content of the lock file: meaningless bytes, which `FileLock.writeAndRename` overwrites with the new index.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { lstatIfExists } from '../../system/files.js'
import { FileLock } from '../locks/file-lock.js'
import { errnoOf, isNotWritableError } from '../files/store-error.js'

/**
 * Minimum size of the reserve in bytes, in addition to the size of `index.json`. A new reserve has twice the sum, so
 * that it rarely has to grow when names are added.
 */
const minSpareBytes = 8 * 1024

/**
 * Ensures that the store at `directory` has its reserve. Does nothing if the disk is full, the store is not writable,
 * or the lock is held.
 * @throws the errors of `node:fs`
 */
export async function ensureReserve(directory: string): Promise<void> {
  const path = join(directory, 'lock')
  const [index, lock] = await Promise.all([lstatIfExists(join(directory, 'index.json')), lstatIfExists(path)])
  const indexBytes = index?.size ?? 0
  // Do nothing if the lock file is not a regular file: taking the lock reports that.
  if (lock && (!lock.isFile() || isLargeEnough(lock.size, indexBytes))) return
  try {
    const held = await FileLock.take(path)
    if (!held) return
    try {
      await growReserve(held, indexBytes)
    } finally {
      await held.release()
    }
  } catch (error) {
    if (!isNotWritableError(error)) throw error
  }
}

/** Like `ensureReserve`, for the holder of the lock. `indexBytes` is the size of `index.json`. */
export async function growReserve(lock: FileLock, indexBytes: number): Promise<void> {
  if (isLargeEnough(await lock.size(), indexBytes)) return
  try {
    // Random bytes, because a compressing file system would reserve no space for zeros.
    await lock.overwrite(randomBytes(2 * (indexBytes + minSpareBytes)))
  } catch (error) {
    // EBADF: the lock file is open for reading only.
    if (!isNotWritableError(error) && errnoOf(error) !== 'EBADF') throw error
  }
}

const isLargeEnough = (bytes: number, indexBytes: number): boolean => bytes >= indexBytes + minSpareBytes
