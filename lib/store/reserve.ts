/**
 * Room that a store keeps for the moment when its disk is full: names can be removed then, and `index.json` written
 * without them. It is the content of the store's lock file, which means nothing and which `FileLock.become` writes over.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { lstatIfThere } from '../system/files.js'
import { FileLock } from './file-lock.js'
import { isNotWritable } from './store-error.js'

/** Bytes beside those of `index.json`, at least; twice as many are kept, so that not every name costs a new reserve. */
const spare = 8 * 1024

/**
 * Sees to it that the store at `directory` has its reserve. Does nothing where the disk is full, nothing may be written,
 * or somebody holds the lock.
 */
export async function ensureReserve(directory: string): Promise<void> {
  const path = join(directory, 'lock')
  const [index, lock] = await Promise.all([lstatIfThere(join(directory, 'index.json')), lstatIfThere(path)])
  const wanted = (index?.size ?? 0) + spare
  // What else stands there is told by who needs the lock.
  if (lock && (!lock.isFile() || lock.size >= wanted)) return
  try {
    const held = await FileLock.take(path)
    if (!held) return
    try {
      // What a file system could compress would keep no room.
      await held.fill(randomBytes(wanted + spare))
    } finally {
      await held.release()
    }
  } catch (error) {
    if (!isNotWritable(error)) throw error
  }
}
