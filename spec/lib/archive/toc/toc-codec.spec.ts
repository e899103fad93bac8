import { isRight } from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { TocCodec } from '../../../../lib/archive/toc/toc-codec.js'

const decoded = (entry: unknown, version: unknown = 1) => {
  const result = TocCodec.decode({ version, entries: [entry] })
  return isRight(result) ? result.right.entries[0] : undefined
}
const one = { name: 'a', type: 'reg' }

describe('the codec of a table of contents', () => {
  it('keeps the known fields of an entry, and drops others', () => {
    const full = {
      ...{
        ...one,
        size: 1,
        modtime: 't',
        linkName: 'l',
        mode: 0o644,
        uid: 1,
        gid: 2,
        devMajor: 3,
        devMinor: 4,
      },
      ...{ xattrs: { a: 'b' }, digest: 'd', offset: 5, endOffset: 6, innerOffset: 7 },
      ...{ chunkOffset: 8, chunkSize: 9, chunkDigest: 'e' },
    }
    expect(decoded({ ...full, userName: 'root' })).toEqual(full)
  })

  it('takes `null` for a missing field, and nothing from the prototype of an entry', () => {
    expect(decoded({ ...one, size: null, xattrs: null, uid: undefined })).toEqual(one)
    expect(decoded(Object.assign(Object.create({ uid: 7 }) as object, one))).toEqual(one)
  })

  it.each([
    ['no name', { type: 'reg' }],
    ['a name that is no text', { ...one, name: 1 }],
    ['no type', { name: 'a' }],
    ['a negative size', { ...one, size: -1 }],
    ['a size that is not exact', { ...one, size: 2 ** 53 }],
    ['a size with a fraction', { ...one, size: 1.5 }],
    ['a negative position', { ...one, offset: -1 }],
    ['a position as text', { ...one, offset: '1' }],
    ['a negative owner', { ...one, uid: -1 }],
    ['a time that is no text', { ...one, modtime: 1 }],
    ['attributes that are no map', { ...one, xattrs: 'a' }],
    ['an attribute that is no text', { ...one, xattrs: { a: 1 } }],
    ['an entry that is no object', 'a'],
    ['an entry that is nothing', null],
  ])('refuses %s', (_, entry) => {
    expect(decoded(entry)).toBeUndefined()
  })

  it('knows version 1 only', () => {
    expect(decoded(one)).toEqual(one)
    for (const version of [2, 0, '1', undefined]) expect(decoded(one, version ?? null)).toBeUndefined()
  })
})
