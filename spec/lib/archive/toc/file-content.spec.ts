import { describe, expect, it } from 'vitest'
import { type FileSpan, contentsOf } from '../../../../lib/archive/toc/file-content.js'
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
