/** A layer is committed in several steps, and a power cut may come between any two of them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { syncFileSystemAsync } from '../../../../lib/system/index.js'
import { commitLayer, diffIDOf, layerBlob } from '../../../support/store/images-in-a-store.js'
import { diskCalls } from '../../../support/store/disk-calls.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

vi.mock('../../../../lib/system/index.js', async (original) => ({
  ...(await original<object>()),
  syncFileSystemAsync: vi.fn(() => Promise.resolve()),
}))

describe('the commit of a layer', () => {
  const stores = new TemporaryStores()
  const layer = join('layers', ...diffIDOf('a').split(':'))
  const pointer = join('layers/by-blob', ...layerBlob('a').digest.split(':'))

  function watched(directory: string): string[] {
    const calls = diskCalls(directory)
    vi.mocked(syncFileSystemAsync).mockImplementation(async () => void calls.push('sync all'))
    return calls
  }
  const inOrder = (calls: readonly string[], ...wanted: readonly RegExp[]): void => {
    const order = wanted.map((each) => calls.findIndex((call) => each.test(call)))
    expect(order, calls.join('\n')).not.toContain(-1)
    expect(order, calls.join('\n')).toEqual([...order].sort((one, other) => one - other))
  }

  it('syncs the tree before anything refers to it, and writes the pointer before the layer', async () => {
    const store = await stores.open()
    const calls = watched(store.directory)
    await commitLayer(store, 'a')
    inOrder(
      calls,
      /^sync all$/,
      new RegExp(`^rename staging/.* ${pointer}$`),
      /^sync layers\/by-blob\/sha256$/,
      new RegExp(`^rename staging/\\S+ ${layer}$`),
      /^sync layers\/sha256$/,
    )
  })

  it('syncs a second tree under its final name before the record lists it', async () => {
    const store = await stores.open()
    await commitLayer(store, 'a')
    const calls = watched(store.directory)
    await commitLayer(store, 'a', { form: 'aufs' })
    inOrder(
      calls,
      /^sync all$/,
      new RegExp(`^rename staging/\\S+ ${layer}/rootfs.aufs$`),
      new RegExp(`^sync ${layer}$`),
      new RegExp(`^rename staging/\\S+ ${layer}/layer.json$`),
    )
  })

  it('replaces a tree that no record lists', async () => {
    const store = await stores.open()
    await commitLayer(store, 'a')
    const leftover = join(store.directory, layer, 'rootfs.aufs')
    mkdirSync(leftover)
    writeFileSync(join(leftover, 'half'), '')
    const stored = await commitLayer(store, 'a', { form: 'aufs' })
    expect(stored.rootfs).toBe(leftover)
    expect(existsSync(join(leftover, 'half'))).toBe(false)
    expect(readFileSync(join(leftover, 'file'), 'utf8')).toBe('a aufs')
  })
})
