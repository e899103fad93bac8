/**
 * Brings to the disk all that can be seen in the store, whoever put it there: what another process renamed can be seen
 * before it is synced, and stays so when that process is killed in between. Whoever relies on what was found says so here.
 */
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { statIfThere } from '../../system/files.js'
import { available, syncFileSystemAsync } from '../../system/index.js'
import { syncDirectory } from './durable.js'
import { parts } from './mounts.js'
import { unlessMissing } from './store-error.js'

/** Waits until the disk has everything that has a name in the store at `directory`. */
export async function syncStore(directory: string): Promise<void> {
  if (!available()) {
    await syncNames(directory)
    return
  }
  const synced = new Set<number>()
  // A part may be a file system of its own.
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

/** Exported for its spec: where there is syncfs, nothing else calls it. What has a name was synced before it got it. */
export async function syncNames(directory: string): Promise<void> {
  await syncDirectory(directory)
  for (const folder of ['blobs', 'layers', 'layers/by-blob']) {
    const parent = join(directory, folder)
    const entries = (await unlessMissing(readdir(parent, { withFileTypes: true }))) ?? []
    for (const entry of entries) if (entry.isDirectory()) await syncDirectory(join(parent, entry.name))
    if (entries.length > 0) await syncDirectory(parent)
  }
}
