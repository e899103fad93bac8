import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../lib/image/index.js'
import { emptyStoreContents } from '../../../lib/store/contents.js'

describe('the contents of a directory without a store', () => {
  const digest = digestOf(Buffer.from('x'))

  it('are no blobs, no layers, no partial downloads and no names', async () => {
    const { directory, blobs, layers, partials, names } = emptyStoreContents('/nowhere')
    expect(directory).toBe('/nowhere')
    expect(await blobs.has(digest)).toBe(false)
    expect(await layers.findByBlob(digest)).toBeUndefined()
    expect(await partials.length(digest)).toBe(0)
    expect(await names.get('app')).toBeUndefined()
    expect(await names.isCorrupt('app')).toBe(false)
    await expect(blobs.size(digest)).rejects.toThrow('There is no store at /nowhere')
    await expect(blobs.read(digest, 1)).rejects.toThrow('There is no store at /nowhere')
  })
})
