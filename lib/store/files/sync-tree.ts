/** Flushes a tree to the disk, with syncfs if available, otherwise with one fsync per file and directory. */
import { open, readdir } from 'node:fs/promises'
import type { SyncFile } from '../../system/files.js'
import { systemCallsAvailable, syncFileSystemAsync } from '../../system/index.js'

const slash = Buffer.from('/')

/** Syncs the tree at `path`. `root` must have been opened before the tree was written. */
export async function syncTree(root: Pick<SyncFile, 'fd'>, path: string): Promise<void> {
  if (systemCallsAvailable()) await syncFileSystemAsync(root.fd)
  else await syncEach(Buffer.from(path))
}

/** Syncs each file and directory of a tree. Exported for its spec: used only where syncfs is not available. */
export async function syncEach(top: Buffer): Promise<void> {
  const directories = [top]
  for (const directory of directories) {
    for (const entry of await readdir(directory, { encoding: 'buffer', withFileTypes: true })) {
      const path = Buffer.concat([directory, slash, entry.name])
      if (entry.isDirectory()) directories.push(path)
      else if (entry.isFile()) await sync(path)
    }
    await sync(directory)
  }
}

async function sync(path: Buffer): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
