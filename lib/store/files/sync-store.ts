/**
 * Flushes the visible content of the store to the disk. A file that another process has renamed may be visible before
 * it is synced, and stays unsynced if that process is killed. Call this before relying on files found in the store.
 */
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { statIfThere } from '../../system/files.js'
import { systemCallsAvailable, syncFileSystemAsync } from '../../system/index.js'
import { syncDirectory } from './durable.js'
import { parts } from './mounts.js'
import { ignoreMissing } from './store-error.js'

/** Waits until everything that has a name in the store at `directory` is on the disk. */
export async function syncStore(directory: string): Promise<void> {
  if (!systemCallsAvailable()) {
    await syncNames(directory)
    return
  }
  const synced = new Set<number>()
  // A part may be a separate file system.
  for (const place of [directory, ...parts.map((part) => join(directory, part))]) {
    const found = await statIfThere(place)
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
 * Syncs the directories of the store; files are synced before they get their names. Exported for its spec: used only
 * where syncfs is not available.
 */
export async function syncNames(directory: string): Promise<void> {
  await syncDirectory(directory)
  for (const folder of ['blobs', 'layers', 'layers/by-blob']) {
    const parent = join(directory, folder)
    const entries = (await ignoreMissing(readdir(parent, { withFileTypes: true }))) ?? []
    for (const entry of entries) if (entry.isDirectory()) await syncDirectory(join(parent, entry.name))
    if (entries.length > 0) await syncDirectory(parent)
  }
}
