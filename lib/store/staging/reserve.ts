/**
 * Room that a store keeps for the moment when its disk is full: names can be removed then, and `index.json` written
 * without them. It is the content of the store's lock file, which means nothing and which `FileLock.become` writes over.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { lstatIfThere } from '../../system/files.js'
import { FileLock } from '../locks/file-lock.js'
import { codeOf, isNotWritable } from '../files/store-error.js'

/** Bytes beside those of `index.json`, at least; twice as many are kept, so that not every name costs a new reserve. */
const spare = 8 * 1024

/**
 * Sees to it that the store at `directory` has its reserve. Does nothing where the disk is full, nothing may be written,
 * or somebody holds the lock.
 */
export async function ensureReserve(directory: string): Promise<void> {
  const path = join(directory, 'lock')
  const [index, lock] = await Promise.all([lstatIfThere(join(directory, 'index.json')), lstatIfThere(path)])
  const indexBytes = index?.size ?? 0
  // What else stands there is told by who needs the lock.
  if (lock && (!lock.isFile() || suffices(lock.size, indexBytes))) return
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

/** The same for who holds the lock of the store, when `index.json` has `indexBytes`. */
export async function growReserve(lock: FileLock, indexBytes: number): Promise<void> {
  if (suffices(await lock.size(), indexBytes)) return
  try {
    // What a file system could compress would keep no room.
    await lock.fill(randomBytes(2 * (indexBytes + spare)))
  } catch (error) {
    // EBADF: a lock that may only be read.
    if (!isNotWritable(error) && codeOf(error) !== 'EBADF') throw error
  }
}

const suffices = (bytes: number, indexBytes: number): boolean => bytes >= indexBytes + spare
