import { describe, expect, it, vi } from 'vitest'
import type { PullParts } from '../../pipelines/index.js'
import { LazyParts } from '../../puller/lazy-parts.js'
import { TemporaryStores } from '../support/store/temporary-store.js'

/** Parts that say when they are closed. */
function parts(order: string[] = []) {
  const closing = (name: string) => ({ close: () => Promise.resolve(void order.push(name)) })
  return { pool: closing('pool'), store: closing('store') } as unknown as PullParts
}

describe('the shared resources of a puller', () => {
  const stores = new TemporaryStores()
  const nowhere = (): string => '/nonexistent'

  it('are opened once, by whichever call comes first', async () => {
    const opened = parts()
    const start = vi.fn(() => Promise.resolve(opened))
    const lazy = new LazyParts(nowhere, start)
    expect(lazy.opened).toBeUndefined()
    expect(await lazy.ifOpened()).toBeUndefined()
    expect(await Promise.all([lazy.open(), lazy.open(), lazy.openExisting()])).toEqual(Array(3).fill(opened))
    expect([lazy.opened, await lazy.ifOpened(), await lazy.storeExists()]).toEqual([opened, opened, true])
    expect(start).toHaveBeenCalledTimes(1)
  })

  it('are opened again by the next call after a failure, which is no resource', async () => {
    const opened = parts()
    let attempts = 0
    const lazy = new LazyParts(nowhere, () =>
      attempts++ === 0 ? Promise.reject(new Error('it failed')) : Promise.resolve(opened),
    )
    const failing = lazy.open()
    expect(await lazy.ifOpened()).toBeUndefined()
    await expect(failing).rejects.toThrow('it failed')
    expect(await lazy.storeExists()).toBe(false)
    expect(await lazy.open()).toBe(opened)
  })

  it('are not opened for a store that does not exist, and are for one that does', async () => {
    const start = vi.fn(() => Promise.resolve(parts()))
    await expect(new LazyParts(nowhere, start).openExisting()).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
    })
    expect(start).not.toHaveBeenCalled()
    const store = await stores.open()
    const lazy = new LazyParts(() => store.directory, start)
    expect(await lazy.storeExists()).toBe(true)
    await lazy.openExisting()
    expect(start).toHaveBeenCalledTimes(1)
  })

  it('are closed in order: the threads, which use the store, then the store', async () => {
    const order: string[] = []
    const lazy = new LazyParts(nowhere, () => Promise.resolve(parts(order)))
    await lazy.close()
    expect(order).toEqual([])
    const opening = lazy.open()
    await lazy.close()
    await opening
    expect(order).toEqual(['pool', 'store'])
  })
})
