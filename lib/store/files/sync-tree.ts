/** Flushes a tree to the disk, with syncfs if available, otherwise with one fsync per file and directory. */
import { open, readdir } from 'node:fs/promises'
import type { SyncFile } from '../../system/files.js'
import { systemCallsAvailable, syncFileSystemAsync } from '../../system/index.js'

const slash = Buffer.from('/')

/**
 * Syncs the tree at `path`. `root` is any open file of that file system, opened before the tree was written: only then
 * does syncfs report all write errors.
 */
export async function syncTree(root: Pick<SyncFile, 'fd'>, path: string): Promise<void> {
  if (systemCallsAvailable()) await syncFileSystemAsync(root.fd)
  else await syncEachEntry(Buffer.from(path))
}

/** Syncs each file and directory of a tree. Used only if syncfs is not available. Exported for its spec. */
export async function syncEachEntry(top: Buffer): Promise<void> {
  const directories = [top]
  for (const directory of directories) {
    for (const entry of await readdir(directory, { encoding: 'buffer', withFileTypes: true })) {
      const path = Buffer.concat([directory, slash, entry.name])
      if (entry.isDirectory()) directories.push(path)
      else if (entry.isFile()) await syncPath(path)
    }
    await syncPath(directory)
  }
}

async function syncPath(path: Buffer): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
