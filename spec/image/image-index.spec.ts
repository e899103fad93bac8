import { describe, expect, it } from 'vitest'
import { parseImageIndex } from '../../lib/image/image-index.js'
import { bytesOf, descriptor, ociIndex } from './documents.js'
import { failure } from './failure.js'

describe('ImageIndex', () => {
  it('takes an index that is empty, one with unknown fields, and one of 20000 entries', () => {
    const entry = {
      ...descriptor('application/x', 7),
      platform: { os: 'linux', architecture: 'amd64', features: [] },
    }
    for (const manifests of [[], [entry], Array.from({ length: 20_000 }, () => entry)]) {
      const index = { ...ociIndex, manifests, more: { x: 1 } }
      expect(parseImageIndex(bytesOf(index))).toEqual(index)
    }
  })

  it('names the path of what is wrong', () => {
    const manifests = [...ociIndex.manifests, { ...descriptor('a/b'), size: -1 }]
    const error = failure(() =>
      parseImageIndex(bytesOf({ ...ociIndex, manifests }), { code: 'STORE_CORRUPT' }),
    )
    expect(error.code).toBe('STORE_CORRUPT')
    expect(error.message).toContain('manifests[2].size: expected a size')
  })
})
