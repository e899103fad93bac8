import { describe, expect, it } from 'vitest'
import { keepBlob } from '../../../../lib/transfer/stored/keep-blob.js'
import type { Store } from '../../../../lib/store/index.js'
import { arrival } from '../../../support/arriving-layer.js'

describe('a blob that is kept', () => {
  it('is synced before it is renamed', async () => {
    const { layer, file } = await arrival(Buffer.from('x'))
    const done: string[] = []
    const sync = file.sync.bind(file)
    file.sync = async () => {
      await sync()
      done.push('sync')
    }
    const blobs = { adopt: async (path: string, digest: string) => void done.push(`adopt ${path} ${digest}`) }
    await keepBlob(layer, { blobs } as unknown as Store)
    expect(done).toEqual(['sync', `adopt ${layer.path} ${layer.descriptor.digest}`])
  })

  it('is not moved if it was already in the store', async () => {
    const { layer } = await arrival(Buffer.from('x'))
    await expect(keepBlob({ ...layer, arriving: undefined }, {} as unknown as Store)).resolves.toBeUndefined()
  })
})
