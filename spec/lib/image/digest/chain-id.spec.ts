import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chainIDs } from '../../../../lib/image/digest/chain-id.js'
import { digestOf, parseDigest } from '../../../../lib/image/digest/digest.js'

const digest = fc.uint8Array().map((bytes) => digestOf(bytes))

describe('chainIDs', () => {
  it('chainID of one layer is its diffID, of more the hash over the chain below and the diffID (S2-42)', () => {
    const a = parseDigest(`sha256:${'a'.repeat(64)}`)
    const b = parseDigest(`sha256:${'b'.repeat(64)}`)
    // printf 'sha256:aa… sha256:bb…' | sha256sum
    expect(chainIDs([a, b])).toEqual([
      a,
      'sha256:ccd722928bd92476ba1745586fed6e45a102504185ad88cd89e01ff116fd146c',
    ])
    expect(chainIDs([])).toEqual([])
    const [, two = ''] = chainIDs([a, b])
    expect(chainIDs([a, b, a])[2]).toBe(digestOf(Buffer.from(`${two} ${a}`)))
  })

  it('depends on the layers below and not on those above', () => {
    fc.assert(
      fc.property(fc.array(digest), digest, (below, top) => {
        expect(chainIDs([...below, top]).slice(0, -1)).toEqual(chainIDs(below))
        expect(new Set(chainIDs([...below, top])).size).toBe(below.length + 1)
      }),
    )
  })
})
