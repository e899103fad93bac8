/**
 * Removes trees with any names and modes. Node's recursive removal fails for names that are not UTF-8 and for
 * directories that their owner may not write to; a layer may contain both.
 */
import { chmod, lstat, readdir, rmdir, unlink } from 'node:fs/promises'
import { lstatIfExists, unlink as unlinkInThisThread } from '../../system/files.js'
import { errnoOf, ignoreMissing } from './store-error.js'

const slash = Buffer.from('/')
/** Number of files removed concurrently: twice the four threads of Node's pool, so that none is idle. */
const maxConcurrent = 8

/** Removes `root` and everything below it, without following links. Succeeds if `root` does not exist. */
export async function removeTree(root: string): Promise<void> {
  const top = Buffer.from(root)
  const found = await lstatIfExists(top)
  if (!found?.isDirectory()) {
    if (found) await ignoreMissing(unlinkInThisThread(top))
    return
  }
  // A loop instead of recursion: a tree may be deeper than the call stack.
  const directories = [top]
  for (const directory of directories) {
    const files: Buffer[] = []
    for (const entry of (await ignoreMissing(makeAccessibleAndList(directory))) ?? []) {
      const path = Buffer.concat([directory, slash, entry.name])
      if (entry.isDirectory()) directories.push(path)
      else files.push(path)
    }
    for (let at = 0; at < files.length; at += maxConcurrent)
      await Promise.all(files.slice(at, at + maxConcurrent).map((path) => ignoreMissing(unlink(path))))
  }
  for (const directory of directories.reverse()) await ignoreMissing(rmdir(directory))
}

/** Makes a directory readable and writable for its owner and returns its entries. */
async function makeAccessibleAndList(directory: Buffer) {
  const { mode } = await lstat(directory)
  if ((mode & 0o700) !== 0o700) {
    await chmod(directory, 0o700).catch((error: unknown) => {
      if (errnoOf(error) !== 'EPERM') throw error
    })
  }
  return readdir(directory, { encoding: 'buffer', withFileTypes: true })
}
