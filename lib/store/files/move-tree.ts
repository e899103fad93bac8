/** Renames directories that their owner may not write to. */
import { chmod, lstat, open, rename } from '../../system/files.js'
import { codeOf } from './store-error.js'

/**
 * Renames a directory to another parent. Linux requires write permission on the directory itself, which a layer may not
 * grant to its owner. Its mode is restored and synced.
 * @throws the errors of `node:fs`
 */
export async function moveTree(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error
    const { mode } = await lstat(from)
    // Only the owner may change the mode. For other users, the error of the rename is the reason.
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
