import { describe, expect, it } from 'vitest'
import { parseImageIndex } from '../../../../lib/image/documents/image-index.js'
import { bytesOf, descriptor, ociIndex } from '../../../../testbench/documents/documents.js'
import { failure } from '../../../support/image/failure.js'

describe('ImageIndex', () => {
  it('accepts an empty index, one with unknown fields, and one with 20000 entries', () => {
    const entry = {
      ...descriptor('application/x', 7),
      platform: { os: 'linux', architecture: 'amd64', features: [] },
      more: { x: 1 },
    }
    for (const manifests of [[], [entry], Array.from({ length: 20_000 }, () => entry)]) {
      const index = { ...ociIndex, manifests, more: { x: 1 } }
      expect(parseImageIndex(bytesOf(index))).toEqual({
        mediaType: index.mediaType,
        manifests,
        unusable: [],
      })
    }
  })

  it('treats missing and null manifests as empty', () => {
    for (const manifests of [null, undefined, []])
      expect(parseImageIndex(bytesOf({ ...ociIndex, manifests })).manifests).toEqual([])
    expect(failure(() => parseImageIndex(bytesOf({ manifests: {} }), { code: 'STORE_CORRUPT' })).code).toBe(
      'STORE_CORRUPT',
    )
  })

  const good = descriptor('a/b')
  it.each([
    [{ size: -1 }, 'size: expected a size', false],
    [{ size: null }, 'size: expected a size', false],
    [{ digest: `blake3:${'a'.repeat(64)}` }, 'digest: expected a digest', true],
    [{ digest: good.digest.toUpperCase() }, 'digest: expected a digest', false],
    [{ mediaType: '' }, 'mediaType: expected a media type', false],
    [{ mediaType: null }, 'mediaType: expected a media type', false],
    [{ platform: {} }, 'platform: os: expected string, got nothing', false],
    [{ platform: { architecture: 'amd64' } }, 'platform: os: expected string, got nothing', false],
    [{ Digest: good.digest }, ': the key "Digest" differs only in case from a known key', false],
  ])(
    'leaves an entry with %j out, with a notice, and keeps the others',
    (change, problem, hasUnsupportedDigest) => {
      const notices: string[] = []
      const manifests = [...ociIndex.manifests, { ...good, annotations: { name: 'x' }, ...change }]
      const index = parseImageIndex(bytesOf({ ...ociIndex, manifests }), {
        notice: (text) => notices.push(text),
      })
      expect(index.manifests).toEqual(ociIndex.manifests)
      expect(index.unusable).toMatchObject([{ hasUnsupportedDigest, annotations: { name: 'x' } }])
      expect(index.unusable[0]?.problem).toContain(`manifests[2]`)
      expect(index.unusable[0]?.problem).toContain(problem)
      expect(notices).toEqual([`${index.unusable[0]?.problem}; the entry is left out`])
    },
  )

  it('leaves out invalid entries', () => {
    const manifests = [null, 3, 'x', [], ...ociIndex.manifests]
    const index = parseImageIndex(bytesOf({ ...ociIndex, manifests }))
    expect(index.manifests).toEqual(ociIndex.manifests)
    expect(index.unusable).toHaveLength(4)
  })

  it('ignores an invalid platform and an invalid subject', () => {
    const manifests = [{ ...good, platform: 'linux/amd64' }]
    const index = parseImageIndex(bytesOf({ ...ociIndex, manifests, subject: { digest: 'blake3:aa' } }))
    expect(index).toEqual({ mediaType: ociIndex.mediaType, manifests: [good], unusable: [] })
  })
})
