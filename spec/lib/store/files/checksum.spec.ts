import { describe, expect, it } from 'vitest'
import { checksumOf } from '../../../../lib/store/files/checksum.js'

describe('the checksum of a document', () => {
  const document = { b: [1, { d: 2, c: 3 }], a: 'x' }

  it('does not depend on the order of members, however deep they are, nor on undefined ones', () => {
    expect(checksumOf({ a: 'x', b: [1, { c: 3, d: 2 }] })).toBe(checksumOf(document))
    expect(checksumOf({ ...document, e: undefined })).toBe(checksumOf(document))
    expect(checksumOf({ b: 1, 2: 1, 10: 1 })).toBe(checksumOf({ 10: 1, b: 1, 2: 1 }))
  })

  it.each([
    { ...document, a: 'y' },
    { ...document, e: null },
    { ...document, b: [{ d: 2, c: 3 }, 1] },
    { b: document.b, A: 'x' },
    { b: [1, { d: 3, c: 2 }], a: 'x' },
    {
      b: [
        1,
        [
          ['c', 3],
          ['d', 2],
        ],
        4,
      ],
      a: 'x',
    },
  ])('depends on everything else: %j', (other) => {
    expect(checksumOf(other)).not.toBe(checksumOf(document))
  })
})
