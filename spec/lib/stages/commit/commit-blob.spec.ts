import { describe, expect, it } from 'vitest'
import { commitBlob } from '../../../../lib/stages/index.js'
import type { Store } from '../../../../lib/store/index.js'
import { arrival } from '../../../support/arriving-layer.js'
import { runStage } from '../../../support/run-stage.js'

const bytes = Buffer.from('a layer')

describe('the blob of a layer that is not unpacked', () => {
  async function scene() {
    const arrived = await arrival(bytes)
    const adopted: string[] = []
    const blobs = { adopt: async (path: string) => void adopted.push(path) }
    const store = { blobs } as unknown as Store
    return { ...arrived, adopted, committed: runStage(commitBlob(store), arrived.layer) }
  }

  it('is moved into the store once it is verified, and then reported as complete', async () => {
    const { layer, file, adopted, committed } = await scene()
    await file.append([bytes])
    file.finish()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(adopted).toEqual([])
    file.verify()
    const { events } = await committed
    expect(adopted).toEqual([layer.path])
    const { digest, size } = layer.descriptor
    expect(events).toEqual([{ type: 'layer', digest, status: 'complete', current: size, total: size }])
  })

  it('is not moved if its download fails', async () => {
    const { file, adopted, committed } = await scene()
    file.fail(new Error('The connection broke'))
    await expect(committed).rejects.toThrow('The connection broke')
    expect(adopted).toEqual([])
  })
})
