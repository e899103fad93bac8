import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { syncEachEntry, syncTree } from '../../../../lib/store/files/sync-tree.js'
import { diskCalls } from '../../../support/store/disk-calls.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

describe('syncTree', () => {
  const stores = new TemporaryStores()

  it('syncs a tree of any entries, one by one if syncfs is not available', async () => {
    const root = stores.fresh()
    mkdirSync(join(root, 'below'), { recursive: true })
    writeFileSync(Buffer.from(join(root, 'below', 'na\xefve'), 'latin1'), 'x')
    symlinkSync('dangling', join(root, 'link'))
    await syncEachEntry(Buffer.from(root))
    const handle = await open(root)
    await syncTree(handle, root)
    await handle.close()
    await expect(syncEachEntry(Buffer.from(join(root, 'absent')))).rejects.toThrow('ENOENT')
  })

  it('syncs every file and directory, each file before its directory', async () => {
    const root = stores.fresh()
    mkdirSync(join(root, 'below'), { recursive: true })
    for (const name of ['file', 'below/file']) writeFileSync(join(root, name), 'x')
    const calls = diskCalls(root)
    await syncEachEntry(Buffer.from(root))
    expect(calls).toEqual(['sync file', 'sync .', 'sync below/file', 'sync below'])
  })
})
