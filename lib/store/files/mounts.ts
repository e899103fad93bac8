/** Supports stores in which `layers/` or `blobs/` is a separate mount. Files cannot be renamed between mounts. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { rename } from '../../system/files.js'
import { errnoOf } from './store-error.js'

/** Name of the staging directory in a part that is a separate mount. */
export const stagingName = '.staging'

/** Directories of the store that may be separate mounts, for example `layers/` on a larger disk. */
export const storeParts = ['layers', 'blobs'] as const

/** A directory of the store that may be a separate mount. */
export type StorePart = (typeof storeParts)[number]

/**
 * Reports whether files can be renamed from the directory `from` to the directory `to`. Two mounts of one file system
 * have the same device number, so this tries to rename a file that does not exist.
 */
export async function canRenameBetween(from: string, to: string): Promise<boolean> {
  const name = `.none-${randomBytes(8).toString('hex')}`
  try {
    await rename(join(from, name), join(to, name))
    return true
  } catch (error) {
    return errnoOf(error) !== 'EXDEV'
  }
}
