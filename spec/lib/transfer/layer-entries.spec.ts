import { describe, expect, it } from 'vitest'
import type { ArchiveEntry } from '../../../lib/archive/index.js'
import { WindlassError } from '../../../lib/errors.js'
import { type Descriptor, digestOf } from '../../../lib/image/index.js'
import { LayerEntries, type LayerEntrySink } from '../../../lib/transfer/layer-entries.js'

const descriptor: Descriptor = { mediaType: 'a/b', digest: digestOf(Buffer.from('a layer')), size: 7 }
const layer = { descriptor, positions: [0, 2] }
const entry = Object.assign(Object.create(null) as ArchiveEntry, { name: 'etc/passwd' })
const { signal } = new AbortController()

describe('the entries of layers', () => {
  it('reach the sink with their layer and the number of the attempt', async () => {
    const received: unknown[] = []
    const entries = new LayerEntries((...given) => received.push(given))
    for (const attempt of [1, 2]) {
      await entries.begin(layer)(entry, { signal })
      expect(received.at(-1)).toEqual([entry, { layer: { ...layer, attempt }, signal }])
    }
    const other = { descriptor: { ...descriptor }, positions: [1] }
    await entries.begin(other)(entry, { signal })
    expect(received.at(-1)).toMatchObject([entry, { layer: { attempt: 1 } }])
  })

  it('are the work of the sink until it has dealt with them', async () => {
    for (const fails of [false, true]) {
      const running = new Set<{ readonly name: string }>()
      const scope = {
        enter: (work: { readonly name: string }) => void running.add(work),
        leave: (work: { readonly name: string }) => void running.delete(work),
      }
      const names: string[] = []
      const sink: LayerEntrySink = async () => {
        await Promise.resolve()
        names.push(...[...running].map(({ name }) => name))
        if (fails) throw new Error('it failed')
      }
      await Promise.allSettled([new LayerEntries(sink).begin(layer, scope)(entry, { signal })])
      expect(names).toEqual([`onEntry at "etc/passwd" of layer ${descriptor.digest}`])
      expect(running.size).toBe(0)
    }
  })

  it.each([
    ['an error', new Error('the disk is gone'), 'the disk is gone'],
    ['something else', 'no error', 'no error'],
  ])('fail with STAGE_FAILED if the sink throws %s', async (_, thrown, reason) => {
    const entries = new LayerEntries(() => {
      throw thrown as Error
    })
    await expect(entries.begin(layer)(entry, { signal })).rejects.toMatchObject({
      ...{ code: 'STAGE_FAILED', cause: thrown, subject: { digest: descriptor.digest } },
      message: `onEntry failed at "etc/passwd" of layer ${descriptor.digest}: ${reason}`,
    })
  })

  it('fail with an error of Windlass unchanged', async () => {
    const error = new WindlassError('STORE_FULL', 'the disk is full')
    const entries = new LayerEntries(() => Promise.reject(error))
    await expect(entries.begin(layer)(entry, { signal })).rejects.toBe(error)
  })

  it('are complete once the layer is, until another attempt begins', () => {
    const entries = new LayerEntries(() => undefined)
    entries.complete(layer)
    expect(entries.isComplete(layer)).toBe(false)
    entries.begin(layer)
    expect(entries.isComplete(layer)).toBe(false)
    entries.complete(layer)
    expect(entries.isComplete(layer)).toBe(true)
    entries.begin(layer)
    expect(entries.isComplete(layer)).toBe(false)
  })
})
