/**
 * Removes a tree of any names and modes. Names are bytes: Node's own recursive removal reads them as UTF-8 and
 * then does not find those that are none; and a layer may hold directories that their owner cannot write to.
 */
import { chmod, lstat, readdir, rmdir, unlink } from 'node:fs/promises'
import { lstatIfThere, unlink as unlinkNow } from '../../system/files.js'
import { codeOf, unlessMissing } from './store-error.js'

const slash = Buffer.from('/')
/** How many files are removed at once: twice the threads of Node's pool. */
const atOnce = 8

/** Removes `root` and all below it, following no link; nothing there is success. */
export async function removeTree(root: string): Promise<void> {
  const top = Buffer.from(root)
  const found = await lstatIfThere(top)
  if (!found?.isDirectory()) {
    if (found) await unlessMissing(unlinkNow(top))
    return
  }
  // Lists of its own instead of recursion: trees may be deeper than the call stack should be.
  const directories = [top]
  for (const directory of directories) {
    const files: Buffer[] = []
    for (const entry of (await unlessMissing(readable(directory))) ?? []) {
      const path = Buffer.concat([directory, slash, entry.name])
      if (entry.isDirectory()) directories.push(path)
      else files.push(path)
    }
    for (let at = 0; at < files.length; at += atOnce)
      await Promise.all(files.slice(at, at + atOnce).map((path) => unlessMissing(unlink(path))))
  }
  for (const directory of directories.reverse()) await unlessMissing(rmdir(directory))
}

/** The entries of a directory, which afterwards can be removed from it. */
async function readable(directory: Buffer) {
  const { mode } = await lstat(directory)
  if ((mode & 0o700) !== 0o700) {
    await chmod(directory, 0o700).catch((error: unknown) => {
      if (codeOf(error) !== 'EPERM') throw error
    })
  }
  return readdir(directory, { encoding: 'buffer', withFileTypes: true })
}
