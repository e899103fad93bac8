/** A table with a wrong entry is refused as a whole, so that the layer is read without a table. */
import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../../../lib/limits.js'
import { encodeLayer, tocFormats } from '../../../../testbench/toc/encode.js'
import { tocOf } from '../../../support/toc.js'

type Entry = Record<string, unknown>
type Change = (entries: Entry[]) => unknown

const files = [
  { path: 'd/' },
  { path: 'd/a', content: Buffer.alloc(9_000, 'a') },
  { path: 'd/b', content: 'this is b' },
  { path: 'l', type: 'symlink', linkTarget: 'd/a' },
] as const

const named = (entries: Entry[], name: string): Entry => entries.find((each) => each['name'] === name)!
const set =
  (name: string, fields: Entry): Change =>
  (entries) =>
    Object.assign(named(entries, name), fields)
const chunk =
  (at: number, fields: Entry): Change =>
  (entries) =>
    Object.assign(entries.filter((each) => each['name'] === 'd/a')[at]!, fields)
const digest = `sha256:${'0'.repeat(64)}`

const lies: readonly (readonly [string, Change])[] = [
  ['a name that climbs', set('d/b', { name: '../b' })],
  ['a name that climbs inside', set('d/b', { name: 'd/x/../../../b' })],
  ['a name with NUL', set('d/b', { name: 'd/\0b' })],
  ['an empty name', set('d/b', { name: '' })],
  ['an unknown type', set('d/b', { type: 'socket' })],
  ['a chunk of nothing', (entries) => entries.unshift({ name: 'x', type: 'chunk', offset: 1, chunkSize: 1 })],
  ['chunks of a directory', (entries) => entries.splice(1, 0, { name: 'd/', type: 'chunk', chunkSize: 1 })],
  ['a link without a target', set('l', { linkName: '' })],
  ['an owner that no file has', set('d/b', { uid: 2 ** 32 })],
  ['a group that no file has', set('d/b', { gid: 2 ** 32 })],
  ['a time that is none', set('d/b', { modtime: 'yesterday' })],
  ['content behind the files', set('d/b', { offset: 10_000_000 })],
  ['content in the table', set('d/b', { offset: 2 ** 53 - 1 })],
  ['content that ends before it begins', set('d/b', { endOffset: 1 })],
  ['content that ends behind the files', set('d/b', { endOffset: 10_000_000 })],
  [
    'a file with the content of another',
    (entries) =>
      Object.assign(named(entries, 'd/b'), { offset: named(entries, 'd/a')['offset'], innerOffset: 0 }),
  ],
  [
    'a file that begins inside of another',
    (entries) => {
      const [, second] = entries.filter((each) => each['name'] === 'd/a')
      Object.assign(named(entries, 'd/b'), { offset: second!['offset'], innerOffset: 0 })
    },
  ],
  ['a file smaller than its chunks', set('d/a', { size: 8_000 })],
  ['a gap between chunks', chunk(1, { chunkOffset: 4_001 })],
  ['a chunk of another file', chunk(1, { name: 'd/other' })],
  ['chunks that overlap', chunk(1, { chunkOffset: 3_999 })],
  ['a chunk without bytes', chunk(1, { chunkSize: 0 })],
  [
    'a chunk as large as memory',
    (entries) => {
      Object.assign(named(entries, 'd/b'), { size: 2 ** 30, chunkSize: 2 ** 30 })
    },
  ],
  [
    'chunks out of order',
    (entries) => {
      const [first, second] = entries.filter((each) => each['name'] === 'd/a')
      const offset = first!['offset']
      first!['offset'] = second!['offset']
      second!['offset'] = offset
    },
  ],
  ['a chunk without a digest', chunk(1, { chunkDigest: '' })],
  ['a file without a digest', set('d/b', { digest: undefined, chunkDigest: undefined })],
  ['a digest that is none', set('d/b', { digest: 'md5:1', chunkDigest: 'md5:1' })],
  ['members that begin far into others', set('d/b', { innerOffset: 2 ** 40 })],
]

describe.each(tocFormats)('a table of contents in the format %s', (format) => {
  const refusedWith = (change: Change) => {
    const layer = encodeLayer(files, {
      format,
      chunkBytes: 4_000,
      change: (toc) => {
        change(toc.entries)
        return toc
      },
    })
    return tocOf(layer)
  }

  it('is accepted unchanged', async () => {
    const { entries } = await refusedWith(() => undefined)
    expect(entries.map(({ entry }) => entry.path)).toEqual(['d/', 'd/a', 'd/b', 'l'])
  })

  it.each(lies)('is rejected with %s', async (_what, change) => {
    await expect(refusedWith(change)).rejects.toMatchObject({
      code: 'LAYER_INVALID',
      message: expect.stringMatching(/^Reading the table of contents of the layer failed: /),
    })
  })

  it('with a file larger than its chunks is rejected, at the latest at the end of the file', async () => {
    const change = set('d/a', { size: 9_001 })
    if (format === 'zstd:chunked')
      await expect(refusedWith(change)).rejects.toMatchObject({ code: 'LAYER_INVALID' })
    else {
      // The last chunk has no size: it extends to the end of the file.
      const { entries, read } = await refusedWith(change)
      await expect(read(entries[1]!)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    }
  })

  it('is subject to the limits of archives', async () => {
    const layer = encodeLayer(files, { format })
    const within = { layerEntries: 4, layerBytes: 9_009, pathBytes: 17, pathDepth: 2 }
    expect((await tocOf(layer, { limits: { ...defaultLimits, ...within } })).entries).toHaveLength(4)
    for (const limits of [{ layerEntries: 3 }, { layerBytes: 9_008 }, { pathBytes: 2 }, { pathDepth: 1 }])
      await expect(tocOf(layer, { limits: { ...defaultLimits, ...limits } })).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
        message: expect.stringContaining(Object.keys(limits)[0]!),
      })
  })

  it('with the digest of another file fails before the first byte of the content', async () => {
    const { entries, read } = await refusedWith(set('d/b', { digest, chunkDigest: digest }))
    await expect(read(entries[2]!)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    expect((await read(entries[1]!)).toString()).toBe('a'.repeat(9_000))
  })
})
