/**
 * Reserves disk space, so that names can be removed from `index.json` when the disk is full. The reserve is the content
 * of the lock file, which has no meaning and which `FileLock.become` overwrites.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { lstatIfThere } from '../../system/files.js'
import { FileLock } from '../locks/file-lock.js'
import { codeOf, isNotWritable } from '../files/store-error.js'

/**
 * Minimum space in bytes in addition to the size of `index.json`. Twice the sum is reserved, so that the reserve rarely has
 * to grow when names are added.
 */
const minSpare = 8 * 1024

/**
 * Ensures that the store at `directory` has its reserve. Does nothing if the disk is full, the store is not writable,
 * or the lock is held.
 * @throws the errors of `node:fs`
 */
export async function ensureReserve(directory: string): Promise<void> {
  const path = join(directory, 'lock')
  const [index, lock] = await Promise.all([lstatIfThere(join(directory, 'index.json')), lstatIfThere(path)])
  const indexBytes = index?.size ?? 0
  // An entry that is not a file is reported when the lock is taken.
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
    if (!isNotWritable(error)) throw error
  }
}

/** Like `ensureReserve`, for the holder of the lock. `indexBytes` is the size of `index.json`. */
export async function growReserve(lock: FileLock, indexBytes: number): Promise<void> {
  if (isLargeEnough(await lock.size(), indexBytes)) return
  try {
    // Random bytes, because a compressing file system would reserve no space for zeros.
    await lock.fill(randomBytes(2 * (indexBytes + minSpare)))
  } catch (error) {
    // EBADF: the lock file is open for reading only.
    if (!isNotWritable(error) && codeOf(error) !== 'EBADF') throw error
  }
}

const isLargeEnough = (bytes: number, indexBytes: number): boolean => bytes >= indexBytes + minSpare
