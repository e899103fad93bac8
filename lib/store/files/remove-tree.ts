/**
 * Removes trees with any names and modes. Node's recursive removal reads names as UTF-8 and does not find other names;
 * a layer may also contain directories that are not writable for their owner.
 */
import { chmod, lstat, readdir, rmdir, unlink } from 'node:fs/promises'
import { lstatIfThere, unlink as unlinkNow } from '../../system/files.js'
import { codeOf, ignoreMissing } from './store-error.js'

const slash = Buffer.from('/')
/** Number of files removed concurrently: twice the threads of Node's pool. */
const maxConcurrent = 8

/** Removes `root` and everything below it, without following links. Succeeds if `root` does not exist. */
export async function removeTree(root: string): Promise<void> {
  const top = Buffer.from(root)
  const found = await lstatIfThere(top)
  if (!found?.isDirectory()) {
    if (found) await ignoreMissing(unlinkNow(top))
    return
  }
  // Iterative: trees may be deeper than the call stack.
  const directories = [top]
  for (const directory of directories) {
    const files: Buffer[] = []
    for (const entry of (await ignoreMissing(openAndList(directory))) ?? []) {
      const path = Buffer.concat([directory, slash, entry.name])
      if (entry.isDirectory()) directories.push(path)
      else files.push(path)
    }
    for (let at = 0; at < files.length; at += maxConcurrent)
      await Promise.all(files.slice(at, at + maxConcurrent).map((path) => ignoreMissing(unlink(path))))
  }
  for (const directory of directories.reverse()) await ignoreMissing(rmdir(directory))
}

/** Returns the entries of a directory after making it readable and writable. */
async function openAndList(directory: Buffer) {
  const { mode } = await lstat(directory)
  if ((mode & 0o700) !== 0o700) {
    await chmod(directory, 0o700).catch((error: unknown) => {
      if (codeOf(error) !== 'EPERM') throw error
    })
  }
  return readdir(directory, { encoding: 'buffer', withFileTypes: true })
}
