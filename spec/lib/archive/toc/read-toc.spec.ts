import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TarEntry } from '../../../../lib/archive/index.js'
import { defaultLimits } from '../../../../lib/limits.js'
import type { LayerEntry } from '../../../../lib/testing/images/index.js'
import { encodeLayer, tocFormats } from '../../../../testbench/toc/encode.js'
import type { EncodedLayer } from '../../../../testbench/toc/encoded-layer.js'
import { recordedLayers } from '../../../../testbench/toc/recorded.js'
import { readToc } from '../../../../lib/archive/toc/read-toc.js'
import { tocReferenceOf, type ZstdChunkedReference } from '../../../../lib/archive/toc/toc-reference.js'
import { digestOf } from '../../../../lib/image/index.js'
import { accessTo, archiveOf, tocOf } from '../../../support/toc.js'

/** An entry with its time rounded to seconds, as ctr-remote rounds it. */
const comparable = (entry: TarEntry) => ({
  ...entry,
  mtime: (entry.mtime + 500_000_000n) / 1_000_000_000n,
  sparse: false,
})
const isToc = ({ entry }: { readonly entry: TarEntry }): boolean => entry.path === 'stargz.index.json'

const files: readonly LayerEntry[] = [
  { path: 'd/' },
  { path: 'd/small', content: 'small', mode: 0o4755, uid: 7, gid: 8, mtime: 1_700_000_000 },
  { path: 'd/empty', content: '' },
  { path: 'd/large', content: Buffer.alloc(250_000, 'large ') },
  { path: 'l', type: 'symlink', linkTarget: 'd/small' },
  { path: 'h', type: 'link', linkTarget: 'd/small' },
  { path: 'null', type: 'character-device', device: { major: 1, minor: 3 } },
  { path: 'p', type: 'fifo' },
  { path: 'x', content: 'x', xattrs: { 'user.note': Buffer.from([0, 255]) } },
  { path: '.wh.gone', content: '' },
]

describe.each(Object.entries<EncodedLayer>(recordedLayers))('the table of contents of %s', (_tool, layer) => {
  it('lists the entries of the archive, and gives the content of every file', async () => {
    const { entries, read } = await tocOf(layer)
    const archive = (await archiveOf(layer)).filter((each) => !isToc(each))
    expect(entries.map(({ entry }) => comparable(entry))).toEqual(
      archive.map(({ entry }) => comparable(entry)),
    )
    for (const [at, entry] of entries.entries())
      expect((await read(entry)).equals(archive[at]!.content)).toBe(true)
    expect(archive.filter(({ content }) => content.length > 0).length).toBeGreaterThanOrEqual(5)
  })

  it('needs one request, and one more for a file', async () => {
    const { entries, read, parts, streams } = await tocOf(layer)
    expect(parts).toHaveLength(1)
    const file = entries.find(({ entry }) => entry.path.endsWith('os-release'))!
    expect((await read(file)).toString()).toBe('NAME="Fixture"\nVERSION_ID=1\n')
    expect(parts).toHaveLength(2)
    expect(parts[1]!.length).toBeLessThan(200)
    expect(streams.every(({ closed }) => closed)).toBe(true)
  })

  it('is rejected if any byte is wrong', async () => {
    const { parts } = await tocOf(layer)
    const { offset, length } = parts[0]!
    await fc.assert(
      fc.asyncProperty(fc.nat(length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const bytes = Buffer.from(layer.bytes)
        bytes[offset + at]! ^= by
        const seen = await tocOf({ ...layer, bytes }).then(
          ({ entries }) => entries.length,
          (error: unknown) => error,
        )
        // In eStargz, bytes before the table are read with it, so a change there need not be noticed.
        const whole = await tocOf(layer)
        if (typeof seen === 'number') expect(seen).toBe(whole.entries.length)
        else expect(seen).toMatchObject({ code: expect.stringMatching(/DIGEST_MISMATCH|LAYER_INVALID/) })
      }),
      { numRuns: 60 },
    )
  })

  it('may have as many bytes as the limit allows', async () => {
    const limits = { ...defaultLimits, tocBytes: 100 }
    await expect(tocOf(layer, { limits })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('tocBytes'),
    })
  })
})

describe('the digests of a table of contents', () => {
  const layer = encodeLayer(files, { format: 'zstd:chunked' })
  const reference = tocReferenceOf(layer) as ZstdChunkedReference
  const other = digestOf(Buffer.from('other'))

  it.each<[string, Partial<ZstdChunkedReference>, string | undefined]>([
    ['of the compressed table alone', { tocDigest: undefined }, undefined],
    ['of the compressed table, if it is another', { checksum: other }, 'DIGEST_MISMATCH'],
    ['of the table, if it is another', { tocDigest: other }, 'DIGEST_MISMATCH'],
    ['of the size, if it is larger', { size: reference.size + 1 }, 'LAYER_INVALID'],
    ['of the size, if it is smaller', { size: reference.size - 1 }, 'LAYER_INVALID'],
  ])('are checked: that %s', async (_, change, code) => {
    const { blob } = accessTo(layer.bytes)
    const reading = readToc(blob, { ...reference, ...change }, defaultLimits)
    if (code === undefined) expect((await reading).entries.length).toBeGreaterThan(5)
    else await expect(reading).rejects.toMatchObject({ code })
  })
})

describe('a table of contents that is small only while it is compressed', () => {
  it('is not fetched if it is larger than the limit', async () => {
    const recorded = Object.values<EncodedLayer>(recordedLayers).flatMap((layer) => {
      const reference = tocReferenceOf(layer)
      return reference && 'size' in reference ? [{ layer, reference }] : []
    })
    expect(recorded.length).toBeGreaterThan(0)
    for (const { layer, reference } of recorded) {
      expect(reference.length).toBeLessThan(reference.size)
      const { blob, parts } = accessTo(layer.bytes)
      const read = (tocBytes: number) => readToc(blob, reference, { ...defaultLimits, tocBytes })
      await expect(read(reference.size - 1)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
      expect(parts).toEqual([])
      expect((await read(reference.size)).entries.length).toBeGreaterThan(0)
    }
  })
})

describe.each(tocFormats)('a table of contents in the format %s', (format) => {
  it.each([
    ['of one chunk a file', {}],
    ['of many chunks', { chunkBytes: 10_000 }],
    ['whose members hold several files', { memberBytes: 3_000, chunkBytes: 10_000 }],
  ])('%s gives every entry and every file', async (_how, options) => {
    const layer = encodeLayer(files, { format, ...options })
    const { entries, read } = await tocOf(layer)
    const archive = (await archiveOf(layer)).filter((each) => !isToc(each))
    expect(entries.map(({ entry }) => comparable(entry))).toEqual(
      archive.map(({ entry }) => comparable(entry)),
    )
    for (const [at, entry] of entries.entries())
      expect((await read(entry)).equals(archive[at]!.content)).toBe(true)
  })

  it('of many files needs at most three requests to read one of them', async () => {
    const many = Array.from({ length: 2_000 }, (_, at) => ({ path: `d/${at}`, content: `this is ${at}` }))
    const layer = encodeLayer(many, { format })
    const { entries, read, parts } = await tocOf(layer)
    expect(parts.length).toBeLessThanOrEqual(2)
    expect((await read(entries[1_234]!)).toString()).toBe('this is 1234')
    expect(parts.length).toBeLessThanOrEqual(3)
  })

  it('gives the same files as the archive, for random layers', async () => {
    const content = fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes))
    await fc.assert(
      fc.asyncProperty(
        fc.array(content, { maxLength: 8 }),
        fc.integer({ min: 1, max: 2_000 }),
        fc.constantFrom(0, 100, 5_000),
        async (contents, chunkBytes, memberBytes) => {
          const entries = contents.map((each, at) => ({ path: `f${at}`, content: each }))
          const { entries: found, read } = await tocOf(
            encodeLayer(entries, { format, chunkBytes, memberBytes }),
          )
          expect(found).toHaveLength(contents.length)
          for (const [at, entry] of found.entries())
            expect((await read(entry)).equals(contents[at]!)).toBe(true)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('is rejected if it is malformed', async () => {
    for (const change of [
      () => ({ version: 2, entries: [] }),
      () => ({ version: 1 }),
      () => [],
      () => ({ version: 1, entries: [{ name: 'a' }] }),
      () => ({ version: 1, entries: [{ name: 'a', type: 'reg', size: -1 }] }),
      () => ({ version: 1, entries: [{ name: 'a', type: 'reg', size: '1' }] }),
      () => ({ version: 1, entries: [{ name: 'a', type: 'dir', xattrs: { a: 1 } }] }),
    ])
      await expect(tocOf(encodeLayer(files, { format, change }))).rejects.toMatchObject({
        code: 'LAYER_INVALID',
        message: expect.stringContaining('table of contents'),
      })
  })

  it('may contain null for missing fields', async () => {
    const change = () => ({
      version: 1,
      entries: [
        { name: 'd', type: 'dir', size: null, xattrs: null, linkName: null, modtime: null, extra: {} },
      ],
    })
    const { entries } = await tocOf(encodeLayer(files, { format, change }))
    expect(entries[0]!.entry).toMatchObject({ path: 'd', type: 'directory', mtime: 0n })
  })
})

describe('a layer of eStargz', () => {
  const layer = encodeLayer(files, { format: 'estargz' })

  it('is rejected if its footer is invalid or refers to a position outside of the layer', async () => {
    for (const [at, bytes] of [
      [0, '00'],
      [12, '5348'],
      [16, Buffer.from('zz').toString('hex')],
      [16, Buffer.from('7fffffffffffffff').toString('hex')],
      [16, Buffer.from('0000000000ffffff').toString('hex')],
      [32, Buffer.from('STARGY').toString('hex')],
    ] as const) {
      const changed = Buffer.from(layer.bytes)
      Buffer.from(bytes, 'hex').copy(changed, changed.length - 51 + at)
      await expect(tocOf({ ...layer, bytes: changed })).rejects.toMatchObject({ code: 'LAYER_INVALID' })
    }
    const short = accessTo(Buffer.from('short'))
    await expect(tocOf(layer, { access: short })).rejects.toMatchObject({ code: 'LAYER_INVALID' })
  })
})
