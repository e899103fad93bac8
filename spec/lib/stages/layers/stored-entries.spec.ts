import { describe, expect, it, vi } from 'vitest'
import { WorkControl } from '../../../../lib/flow/index.js'
import { digestOf } from '../../../../lib/image/index.js'
import { type StoredEntriesOptions, storedEntries } from '../../../../lib/stages/layers/stored-entries.js'
import { runStage } from '../../../support/run-stage.js'

const digest = digestOf(Buffer.from('a layer'))
const descriptor = { mediaType: 'x', digest, size: 7 }
const tree = { rootfs: '/store/layers/a/rootfs', implied: ['etc'] }

interface Read {
  readonly complete?: boolean
  readonly hasBlob?: boolean
  readonly stored?: object
}

describe('the entries of a layer that was in the store', () => {
  async function read({ complete = false, hasBlob = false, stored }: Read = {}) {
    const onEntry = { begun: true }
    const entries = { isComplete: () => complete, begin: vi.fn(() => onEntry), complete: vi.fn() }
    const pool = { read: vi.fn(async () => undefined) }
    const blobs = { has: vi.fn(async () => hasBlob), path: () => '/store/blob' }
    const task = { descriptor, group: {} }
    const options = { store: { blobs }, pool, entries, slots: 1 } as unknown as StoredEntriesOptions
    const layer = { task, stored }
    const { outputs } = await runStage(storedEntries(options), layer as never)
    expect(outputs).toEqual([layer])
    return { pool, entries, blobs, layer, onEntry }
  }
  const request = (onEntry: unknown, group: unknown) => ({
    ...{ onEntry, group },
    signal: expect.any(AbortSignal) as AbortSignal,
    priority: expect.any(Function) as () => number,
  })

  it('are read from its blob if the store has it, and the blob is verified', async () => {
    const { pool, entries, blobs, layer, onEntry } = await read({ hasBlob: true, stored: tree })
    const source = { kind: 'blob', path: '/store/blob', expected: { digest, size: 7 } }
    expect(blobs.has).toHaveBeenCalledWith(digest, 7)
    expect(pool.read).toHaveBeenCalledWith({ layer: source }, request(onEntry, layer.task.group))
    expect(entries.complete).toHaveBeenCalledWith(layer.task)
  })

  it('are read from its tree otherwise', async () => {
    const { pool, layer, onEntry } = await read({ stored: tree })
    const source = { kind: 'directory', path: tree.rootfs, implied: tree.implied }
    expect(pool.read).toHaveBeenCalledWith({ layer: source }, request(onEntry, layer.task.group))
  })

  it('are not read again if the sink has had them all', async () => {
    const { pool, entries } = await read({ complete: true })
    expect(pool.read).not.toHaveBeenCalled()
    expect(entries.begin).not.toHaveBeenCalled()
  })

  it('cannot be read if the store has neither', async () => {
    await expect(read()).rejects.toMatchObject({ code: 'STORE_CORRUPT', subject: { digest } })
  })

  it('are read from the start after a pause', async () => {
    const control = new WorkControl()
    const entries = { isComplete: () => false, begin: vi.fn(() => undefined), complete: vi.fn() }
    const read = vi.fn(async (_: unknown, { signal }: { readonly signal: AbortSignal }) => {
      if (read.mock.calls.length > 1) return
      control.setPaused(true)
      queueMicrotask(() => control.setPaused(false))
      signal.throwIfAborted()
    })
    const store = { blobs: { has: async () => true, path: () => '/store/blob' } }
    const options = { store, pool: { read }, entries, slots: 1 } as unknown as StoredEntriesOptions
    await runStage(storedEntries(options), { task: { descriptor, control } } as never)
    expect([read.mock.calls.length, entries.begin.mock.calls.length]).toEqual([2, 2])
  })
})
