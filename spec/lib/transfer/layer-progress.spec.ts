import { describe, expect, it } from 'vitest'
import { layerProgress } from '../../../lib/transfer/layer-progress.js'
import { arrival } from '../../support/arriving-layer.js'

describe('the progress of a layer', () => {
  const bytes = Buffer.from('all the bytes')

  it('is the number of bytes that have arrived, of all', async () => {
    const { layer } = await arrival(bytes, { before: bytes.subarray(0, 3) })
    expect(layerProgress(layer, 'downloading', { host: 'h' })).toEqual({
      ...{ type: 'layer', digest: layer.descriptor.digest, status: 'downloading', host: 'h' },
      ...{ current: 3, total: bytes.length },
    })
  })

  it('is complete if nothing of it is downloaded', async () => {
    const { layer } = await arrival(bytes)
    expect(layerProgress({ ...layer, arriving: undefined }, 'extracting')).toMatchObject({
      current: bytes.length,
    })
  })
})
