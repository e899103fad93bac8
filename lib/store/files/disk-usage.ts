/** Measures the disk space of a tree, which may have any names and modes. */
import { lstat, readdir } from 'node:fs/promises'
import { errnoOf, ignoreMissing } from './store-error.js'

const slash = Buffer.from('/')
/** The unit of `Stats.blocks` in bytes (stat(2)). */
const blockBytes = 512

/**
 * Returns the disk space in bytes of `root` and everything below it, without following links. A file with several links
 * counts once. Entries that this user may not read, or that are removed meanwhile, are not counted.
 */
export async function diskUsage(root: string): Promise<number> {
  const counted = new Set<string>()
  const paths = [Buffer.from(root)]
  let bytes = 0
  for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
    const found = await unlessDenied(lstat(path))
    if (!found) continue
    const { dev, ino, nlink, blocks } = found
    if (!found.isDirectory() && nlink > 1) {
      const id = `${dev}:${ino}`
      if (counted.has(id)) continue
      counted.add(id)
    }
    bytes += blocks * blockBytes
    if (!found.isDirectory()) continue
    for (const name of (await unlessDenied(readdir(path, { encoding: 'buffer' }))) ?? [])
      paths.push(Buffer.concat([path, slash, name]))
  }
  return bytes
}

const unlessDenied = <T>(work: Promise<T>): Promise<T | undefined> =>
  ignoreMissing(work).catch((error: unknown) => {
    if (errnoOf(error) !== 'EACCES' && errnoOf(error) !== 'EPERM') throw error
    return undefined
  })
