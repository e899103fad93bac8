/** A store reserves space on the disk, so that it can write its index even if the disk is full. */
import { chmodSync, existsSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ensureReserve } from '../../../../lib/store/staging/reserve.js'
import { asOrdinaryUser } from '../../../support/ordinary-user.js'
import { putNamed } from '../../../support/store/images-in-a-store.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

describe('the reserve of a store', () => {
  const stores = new TemporaryStores()
  const sizeOf = (store: string, file: string): number => statSync(join(store, file)).size

  it('is never smaller than the list of names, and grows seldom', async () => {
    const store = await stores.open()
    const sizes = new Set<number>()
    // Long names, so that few of them exceed the initial reserve.
    for (let at = 0; at < 60; at++) {
      await putNamed(store, `example.com/${'long/'.repeat(50)}app:${at}`, '{"config":{},"layers":[]}')
      expect(sizeOf(store.directory, 'lock')).toBeGreaterThan(sizeOf(store.directory, 'index.json'))
      sizes.add(sizeOf(store.directory, 'lock'))
    }
    expect(sizeOf(store.directory, 'index.json')).toBeGreaterThan(32 * 1024)
    expect(sizes.size).toBeLessThan(6)
  })

  it('is restored when the store is closed', async () => {
    const store = await stores.open()
    truncateSync(join(store.directory, 'lock'))
    await store.close()
    expect(sizeOf(store.directory, 'lock')).toBeGreaterThan(0)
  })

  it.runIf(process.geteuid?.() === 0)('is left as it is in a store that is not writable', async () => {
    const directory = temporaryDirectory()
    chmodSync(directory, 0o755)
    await asOrdinaryUser(() => ensureReserve(directory))
    expect(existsSync(join(directory, 'lock'))).toBe(false)
    await ensureReserve(directory)
    expect(sizeOf(directory, 'lock')).toBeGreaterThan(0)
  })
})
