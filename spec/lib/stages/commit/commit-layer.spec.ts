import { describe, expect, it } from 'vitest'
import { type Digest, digestOf } from '../../../../lib/image/index.js'
import { commitLayer } from '../../../../lib/stages/index.js'
import type { UnpackedLayer } from '../../../../lib/stages/elements.js'
import type { Store } from '../../../../lib/store/index.js'
import { arrival } from '../../../support/arriving-layer.js'
import { runStage } from '../../../support/run-stage.js'

const bytes = Buffer.from('a layer')
const diffID: Digest = digestOf(Buffer.from('its content'))
const unpacked = { diffID, size: 1_024, implied: ['etc'] }

describe('the commit of a layer', () => {
  async function commit(keepBlobs: boolean, fails = false) {
    const { layer, done } = await arrival(bytes)
    const staged = {
      commit: async (facts: object, signal?: AbortSignal) => {
        done.push('commit')
        if (fails) throw new Error('the disk is full')
        return { facts, signal }
      },
    }
    const store = { blobs: { adopt: async () => void done.push('adopt') } } as unknown as Store
    const goal = { unpack: true, form: 'overlay', keepBlobs } as const
    const input = { ...layer, staged, unpacked, form: 'overlay' } as unknown as UnpackedLayer
    const running = runStage(commitLayer(store, goal), input)
    return { layer, done, running }
  }

  it.each([
    ['keeps its blob, which goes first', true, ['adopt', 'commit']],
    ['discards its blob, once the layer is in the store', false, ['commit', 'discard']],
  ])('%s', async (_, keepBlobs, order) => {
    const { layer, done, running } = await commit(keepBlobs)
    const { outputs, events } = await running
    expect(done).toEqual(order)
    const { digest, size } = layer.descriptor
    expect(events).toEqual([{ type: 'layer', digest, status: 'complete', current: size, total: size }])
    expect(outputs).toEqual([
      {
        facts: { ...unpacked, blob: layer.descriptor, blobKept: keepBlobs, form: 'overlay' },
        signal: expect.any(AbortSignal) as AbortSignal,
      },
    ])
  })

  it('leaves the download for another attempt if it fails', async () => {
    const { done, running } = await commit(false, true)
    await expect(running).rejects.toThrow('the disk is full')
    expect(done).toEqual(['commit'])
  })
})
