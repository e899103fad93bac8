import { describe, expect, it } from 'vitest'
import type { TarEntry } from '../../../../lib/archive/index.js'
import { type FileSpan, contentsOf, spanOf } from '../../../../lib/archive/toc/file-content.js'
import { digestOf } from '../../../../lib/image/index.js'

const chunk = { size: 1, digest: digestOf(Buffer.from('x')) }
const span = (path: string, offset: number, more: Partial<FileSpan> = {}): FileSpan => ({
  ...{
    path,
    offset,
    innerOffset: 0,
    lastOffset: offset,
    lastInnerOffset: 0,
    end: undefined,
    chunks: [chunk],
  },
  ...more,
})
const dataEnd = 100

describe('the positions of files in a blob', () => {
  it.each<[string, FileSpan, number]>([
    ['before the next member', span('a', 10), 30],
    ['where the table says', span('a', 10, { end: 20 }), 20],
    ['right before the next file', span('a', 10, { end: 30 }), 30],
    ['behind its last chunk', span('a', 10, { lastOffset: 20 }), 30],
  ])('end %s', (_, first, end) => {
    const second = span('b', 30)
    const contents = contentsOf(
      [second, first],
      [10, 20, 30].filter((at) => at !== 20 || first.lastOffset === 20),
      dataEnd,
    )
    expect([contents.get(first)?.end, contents.get(second)?.end]).toEqual([end, dataEnd])
  })

  it.each<[string, FileSpan, FileSpan]>([
    ['that begin at the same byte', span('a', 10), span('b', 10)],
    ['of which one ends in the other', span('a', 10, { end: 31 }), span('b', 30)],
    ['of which one has a chunk in the other', span('a', 10, { lastOffset: 40 }), span('b', 30)],
    [
      'that share a member in the wrong order',
      span('a', 10, { lastOffset: 30, lastInnerOffset: 7 }),
      span('b', 30, { innerOffset: 7, lastInnerOffset: 7 }),
    ],
  ])('must not overlap: files %s', (_, first, second) => {
    expect(() => contentsOf([first, second], [10, 30, 40], dataEnd)).toThrow(
      expect.objectContaining({
        code: 'LAYER_INVALID',
        message: expect.stringContaining('overlaps') as string,
      }) as Error,
    )
  })
})

describe('the span of a file', () => {
  const file = (size: number) => ({ path: 'a', size }) as TarEntry
  const { digest } = chunk
  const one = { name: 'a', type: 'reg', offset: 10, chunkSize: 4, chunkDigest: digest }
  const next = { ...one, type: 'chunk', chunkOffset: 4 }

  it('may have several chunks in one member, one after the other', () => {
    const second = { ...next, innerOffset: 4 }
    expect(spanOf([one, second], file(8), dataEnd)).toMatchObject({
      ...{ offset: 10, innerOffset: 0, lastOffset: 10, lastInnerOffset: 4 },
      chunks: [
        { size: 4, digest },
        { size: 4, digest },
      ],
    })
  })

  it.each([
    ['at the same byte', next],
    ['before it', { ...next, offset: 9 }],
    ['in the same member and not after it', { ...next, innerOffset: 0 }],
  ])('is refused if a chunk is %s', (_, second) => {
    expect(() => spanOf([one, second], file(8), dataEnd)).toThrow('out of order')
  })

  it('is refused if its chunks leave a gap, or are larger than the memory that one may take', () => {
    const second = { ...next, offset: 20, chunkSize: 3, chunkOffset: 5 }
    expect(() => spanOf([one, second], file(8), dataEnd)).toThrow('gaps')
    const mebi = 2 ** 20
    const large = (size: number) => () => spanOf([{ ...one, chunkSize: size }], file(size), dataEnd)
    expect(large(64 * mebi)().chunks).toHaveLength(1)
    expect(large(64 * mebi + 1)).toThrow('has a chunk of')
    const inner = (innerOffset: number) => () => spanOf([{ ...one, innerOffset }], file(4), dataEnd)
    expect(inner(64 * mebi)().innerOffset).toBe(64 * mebi)
    expect(inner(64 * mebi + 1)).toThrow('bytes into its member')
  })

  it('takes the digest of the file only for its only chunk', () => {
    const without = { name: 'a', type: 'reg', offset: 10, chunkSize: 4, digest }
    expect(spanOf([without], file(4), dataEnd).chunks).toEqual([{ size: 4, digest }])
    expect(() => spanOf([without, { ...next, offset: 20 }], file(8), dataEnd)).toThrow('without a digest')
  })

  it('of an empty file has no chunks, and needs no digest', () => {
    const empty = { name: 'a', type: 'reg', offset: dataEnd + 1 }
    expect(spanOf([empty], file(0), dataEnd).chunks).toEqual([])
  })

  it('ends with the file, and not behind the content of the layer', () => {
    expect(spanOf([{ ...one, chunkSize: 0 }], file(4), dataEnd).chunks).toEqual([{ size: 4, digest }])
    expect(() => spanOf([one], file(5), dataEnd)).toThrow('another size')
    expect(() => spanOf([one], file(3), dataEnd)).toThrow('another size')
    expect(() => spanOf([{ ...one, offset: dataEnd }], file(4), dataEnd)).toThrow('outside')
    expect(() => spanOf([{ ...one, endOffset: 10 }], file(4), dataEnd)).toThrow('outside')
    expect(() => spanOf([{ ...one, endOffset: dataEnd + 1 }], file(4), dataEnd)).toThrow('outside')
    expect(spanOf([{ ...one, endOffset: dataEnd }], file(4), dataEnd).end).toBe(dataEnd)
  })
})
