/** Parts of a store that are mounts of their own, which no rename leads into or out of. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { rename } from '../../system/files.js'
import { codeOf } from './store-error.js'

/** Where a part that is a mount of its own has its staging area. */
export const stagingName = '.staging'

/** Parts that may be elsewhere, such as `layers/` on a larger disk. */
export const parts = ['layers', 'blobs'] as const

export type StorePart = (typeof parts)[number]

/**
 * Whether a rename leads from the directory `from` to the directory `to`: two mounts of one file system have the same
 * device and are told apart by nothing else. Asked with a name that is not there, so that nothing happens.
 */
export async function isOneMount(from: string, to: string): Promise<boolean> {
  const name = `.none-${randomBytes(8).toString('hex')}`
  try {
    await rename(join(from, name), join(to, name))
    return true
  } catch (error) {
    return codeOf(error) !== 'EXDEV'
  }
}
