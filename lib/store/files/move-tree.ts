/** Renames directories that their owner may not write to. */
import { chmod, lstat, open, rename } from '../../system/files.js'
import { errnoOf } from './store-error.js'

/**
 * Renames a directory to another parent. Linux requires write permission on the directory itself, and the root of a
 * layer may lack it. In this case, adds the permission for the rename and then restores and syncs the mode.
 * @throws the errors of `node:fs`
 */
export async function moveTree(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (errnoOf(error) !== 'EACCES') throw error
    const { mode } = await lstat(from)
    // Only the owner may change the mode. If this fails, report the error of the rename.
    await chmod(from, mode | 0o600).catch(() => {
      throw error
    })
    const root = await open(from, 'r')
    try {
      await rename(from, to)
      await root.chmod(mode)
      // The sync of the tree did not include this change of mode.
      await root.sync()
    } finally {
      await root.close()
    }
  }
}
