/**
 * Flushes the store to the disk. A file that another process has renamed into the store is visible before the rename
 * is synced, and the rename is never synced if that process is killed. Call this before something refers to existing
 * files.
 */
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { statIfExists } from '../../system/files.js'
import { systemCallsAvailable, syncFileSystemAsync } from '../../system/index.js'
import { syncDirectory } from './durable.js'
import { storeParts } from './mounts.js'
import { ignoreMissing } from './store-error.js'

/** Waits until all files and directories of the store at `directory` are on the disk. */
export async function syncStore(directory: string): Promise<void> {
  if (!systemCallsAvailable()) {
    await syncStoreDirectories(directory)
    return
  }
  const synced = new Set<number>()
  // A part of the store may be on a separate file system. Each file system is synced once.
  for (const place of [directory, ...storeParts.map((part) => join(directory, part))]) {
    const found = await statIfExists(place)
    if (place !== directory && (!found || synced.has(found.dev))) continue
    if (found) synced.add(found.dev)
    const handle = await open(place, 'r')
    try {
      await syncFileSystemAsync(handle.fd)
    } finally {
      await handle.close()
    }
  }
}

/**
 * Syncs the directories of the store. Files need no sync: each is synced before it is renamed into the store. Used
 * only if syncfs is not available. Exported for its spec.
 */
export async function syncStoreDirectories(directory: string): Promise<void> {
  await syncDirectory(directory)
  for (const folder of ['blobs', 'layers', 'layers/by-blob']) {
    const parent = join(directory, folder)
    const entries = (await ignoreMissing(readdir(parent, { withFileTypes: true }))) ?? []
    for (const entry of entries) if (entry.isDirectory()) await syncDirectory(join(parent, entry.name))
    if (entries.length > 0) await syncDirectory(parent)
  }
}
