import { describe, expect, it } from 'vitest'
import { footerBytes, tocOffsetOf } from '../../../../lib/archive/toc/estargz-footer.js'

/** A footer as stargz-snapshotter writes it (docs/estargz.md). */
const footer = (position = '00000000000004d2', magic = 'STARGZ'): Buffer =>
  Buffer.concat([
    Buffer.from('1f8b0804', 'hex'),
    Buffer.alloc(6),
    Buffer.from('1a0053471600', 'hex'),
    Buffer.from(position + magic, 'latin1'),
    Buffer.from('010000ffff0000000000000000', 'hex'),
  ])

describe('the footer of an eStargz layer', () => {
  it('has the position of the table', () => {
    expect(footer()).toHaveLength(footerBytes)
    expect(tocOffsetOf(footer())).toBe(1_234)
    expect(tocOffsetOf(footer('001fffffffffffff'))).toBe(Number.MAX_SAFE_INTEGER)
  })

  it.each([
    ['shorter', footer().subarray(0, -1)],
    ['longer', Buffer.concat([footer(), Buffer.alloc(1)])],
    ['empty', Buffer.alloc(0)],
    ['without the magic of gzip', Buffer.concat([Buffer.alloc(4), footer().subarray(4)])],
    [
      'with another extra field',
      Buffer.concat([footer().subarray(0, 10), Buffer.alloc(2), footer().subarray(12)]),
    ],
    ['with another name', footer(undefined, 'STARGX')],
    ['with a position that is no number', footer('00000000000004dg')],
    ['with a position in upper case', footer('00000000000004D2')],
    ['with a position that is not exact', footer('0020000000000000')],
  ])('is none if it is %s', (_, bytes) => {
    expect(tocOffsetOf(bytes)).toBeUndefined()
  })
})
