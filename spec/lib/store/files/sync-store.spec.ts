/** These tests show that a store can be synchronised on every machine. spec/power-loss and spec/real/power-loss.spec.ts show its effect. */
import { mkdirSync, readlinkSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { syncStoreDirectories, syncStore } from '../../../../lib/store/files/sync-store.js'
import { statIfExists } from '../../../../lib/system/files.js'
import { syncFileSystemAsync } from '../../../../lib/system/index.js'
import { diskCalls } from '../../../support/store/disk-calls.js'
import { commitLayer, diffIDOf, putNamed } from '../../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

vi.mock('../../../../lib/system/files.js', async (original) => {
  const all = await original<object & { statIfExists: (path: string) => unknown }>()
  return { ...all, statIfExists: vi.fn(all.statIfExists) }
})
vi.mock('../../../../lib/system/index.js', async (original) => {
  const all = await original<object & { syncFileSystemAsync: (fd: number) => unknown }>()
  return { ...all, syncFileSystemAsync: vi.fn(all.syncFileSystemAsync) }
})

describe.each([
  ['with one call', syncStore],
  ['directory by directory', syncStoreDirectories],
])('bringing a store to the disk %s', (_, sync) => {
  const stores = new TemporaryStores()

  it('syncs a store with blobs, layers and pointers', async () => {
    const store = await stores.open()
    await commitLayer(store, 'a')
    await expect(sync(store.directory)).resolves.toBeUndefined()
  })

  it('syncs a layout of another tool without following links', async () => {
    const directory = stores.fresh()
    mkdirSync(join(directory, 'blobs'), { recursive: true })
    symlinkSync('/nonexistent', join(directory, 'blobs', 'sha256'))
    await expect(sync(directory)).resolves.toBeUndefined()
  })

  it('fails if there is no store', async () => {
    const directory = stores.fresh()
    rmSync(directory, { recursive: true, force: true })
    await expect(sync(directory)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('syncing a store directory by directory', () => {
  const stores = new TemporaryStores()

  it('syncs the directories of blobs, layers and pointers, and their parents', async () => {
    const store = await stores.open()
    await putNamed(store, 'a', '{}')
    await commitLayer(store, 'a')
    const calls = diskCalls(store.directory)
    await syncStoreDirectories(store.directory)
    const layer = diffIDOf('a').replace(/:.*/, '')
    expect(calls).toEqual([
      ...['sync .', 'sync blobs/sha256', 'sync blobs'],
      ...['sync layers/by-blob', `sync layers/${layer}`, 'sync layers'],
      ...['sync layers/by-blob/sha256', 'sync layers/by-blob'],
    ])
  })
})

describe('syncing a store with syncfs', () => {
  const stores = new TemporaryStores()

  it('makes one call for each file system of the store', async () => {
    const { directory } = await stores.open()
    const synced = async (...elsewhere: string[]): Promise<string[]> => {
      const paths: string[] = []
      vi.mocked(syncFileSystemAsync).mockImplementation(
        async (fd) => void paths.push(readlinkSync(`/proc/self/fd/${fd}`)),
      )
      vi.mocked(statIfExists).mockImplementation(async (path) => {
        const found = statSync(path)
        if (elsewhere.some((part) => path === join(directory, part))) found.dev += 1
        return found
      })
      await syncStore(directory)
      for (const each of [syncFileSystemAsync, statIfExists]) vi.mocked(each).mockReset()
      return paths
    }
    expect(await synced()).toEqual([directory])
    expect(await synced('layers')).toEqual([directory, join(directory, 'layers')])
    expect(await synced('layers', 'blobs')).toEqual([directory, join(directory, 'layers')])
  })
})
