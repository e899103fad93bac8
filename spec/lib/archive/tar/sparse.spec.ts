import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sparseFormatOf } from '../../../../lib/archive/tar/sparse.js'
import {
  archive,
  base256,
  contentOf,
  entry,
  header,
  pax,
  readArchive,
} from '../../../../testbench/archives/archive.js'
import { sparseFormats, type DataPart } from '../../../../testbench/archives/sparse-writers.js'

/** The parts of a sparse file, with holes between them, and the size of the file. */
const anySparse = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 3000 }), fc.uint8Array({ minLength: 1, maxLength: 1200 })), {
    maxLength: 30,
  })
  .chain((gaps) => fc.tuple(fc.constant(gaps), fc.nat(2000)))
  .map(([gaps, tail]) => {
    let at = 0
    const parts = gaps.map(([gap, bytes]): DataPart => {
      const offset = at + gap
      at = offset + bytes.length
      return { offset, bytes: Buffer.from(bytes).toString('latin1') }
    })
    return { parts, size: at + tail }
  })

const next = header({ name: 'next' })

describe.each(Object.entries(sparseFormats))('sparse files as %s', (name, write) => {
  it('are expanded with holes, and the next entry is found', () => {
    fc.assert(
      fc.property(anySparse, fc.integer({ min: 1, max: 900 }), ({ parts, size }, cut) => {
        // Formats 0.x write no sparse fields if there are no parts, so the entry would be an empty plain file.
        fc.pre(parts.length > 0 || name === 'oldGnu' || name === 'pax10')
        const seen = readArchive(archive(write(parts, size), next), {}, () => cut)
        expect(seen.map(({ path, sparse }) => [path, sparse])).toEqual([
          ['sparse', true],
          ['next', false],
        ])
        expect(seen[0]).toMatchObject({ size, type: 'file', parts })
      }),
      { numRuns: 300 },
    )
  })

  it('are rejected if the map exceeds the file, overlaps, or does not match the data', () => {
    const two = [
      { offset: 0, bytes: 'abc' },
      { offset: 10, bytes: 'def' },
    ]
    const fails = (parts: readonly DataPart[], size: number): void =>
      expect(() => readArchive(archive(write(parts, size), next))).toThrow(
        expect.objectContaining({ code: 'LAYER_INVALID' }) as Error,
      )
    fails(two, 12)
    fails([two[1]!, two[0]!], 20)
    fails([two[0]!, { offset: 2, bytes: 'x' }], 20)
    const whole = write(two, 20)
    expect(contentOf(readArchive(archive(whole))[0]!).toString()).toBe(
      `abc${'\0'.repeat(7)}def${'\0'.repeat(7)}`,
    )
  })

  it('of 1 TiB in 1 KiB are rejected, with the name of the limit', () => {
    const parts = [{ offset: 2 ** 30, bytes: 'x' }]
    const huge = archive(write(parts, name === 'oldGnu' ? 2 ** 33 - 1 : 2 ** 40))
    const limits = name === 'oldGnu' ? { sparseFileBytes: 2 ** 32 } : {}
    expect(() => readArchive(huge, limits)).toThrow(
      expect.objectContaining({
        code: 'LIMIT_EXCEEDED',
        message: expect.stringContaining('sparseFileBytes') as string,
      }) as Error,
    )
    expect(readArchive(archive(write(parts, 2 ** 31)))[0]).toMatchObject({ size: 2 ** 31, parts })
  })
})

describe('sparse maps that no tool writes', () => {
  const fails = (bytes: Buffer, message: RegExp): void => expect(() => readArchive(bytes)).toThrow(message)
  const version = (major: string, minor: string): [string, string][] => [
    ['GNU.sparse.major', major],
    ['GNU.sparse.minor', minor],
  ]

  it('are rejected if malformed', () => {
    fails(
      archive(pax([['GNU.sparse.numbytes', '1']]), entry({}, 'x')),
      /sparse map of a pax header is malformed/,
    )
    fails(
      archive(pax([['GNU.sparse.offset', '0,1']]), entry({}, 'x')),
      /sparse map of a pax header is malformed/,
    )
    fails(
      archive(
        pax([
          ['GNU.sparse.map', '0,1'],
          ['GNU.sparse.numblocks', '2'],
        ]),
        entry({}, 'x'),
      ),
      /malformed/,
    )
    fails(
      archive(
        pax([
          ['GNU.sparse.map', '0,x'],
          ['GNU.sparse.numblocks', '1'],
        ]),
        entry({}, 'x'),
      ),
      /malformed/,
    )
    fails(archive(pax(version('1', '0')), entry({}, '')), /no map/)
    fails(archive(pax(version('1', '0')), entry({}, '-1\n'.padEnd(512, '\0'))), /malformed/)
    fails(
      archive(pax(version('1', '0')), entry({}, '2\n0\n1\n'.padEnd(512, '\0'))),
      /does not end within its entry/,
    )
    fails(archive(pax(version('1', '0')), entry({}, '1\n')), /does not end within its entry/)
    fails(
      archive(pax([...version('0', '1'), ['GNU.sparse.numblocks', '0']]), header({ flag: '5' })),
      /is sparse but not a file/,
    )
    fails(
      archive(
        pax([...version('0', '1'), ['GNU.sparse.numblocks', '0'], ['GNU.sparse.name', 'a\0b']]),
        header(),
      ),
      /NUL/,
    )
  })

  it('make a plain file if the version is unknown, like in Go', () => {
    const [plain] = readArchive(
      archive(pax([...version('2', '0'), ['GNU.sparse.name', 'n']]), entry({ name: 'p' }, 'x')),
    )
    expect(plain).toMatchObject({ path: 'p', sparse: false, size: 1 })
  })

  it('are rejected in other formats than GNU, with negative numbers, or with a real size below the data', () => {
    fails(archive(header({ flag: 'S', magic: 'star' })), /contains a sparse file but is not a GNU archive/)
    const edited = (edit: (block: Buffer) => void): Buffer =>
      archive(header({ flag: 'S', magic: 'gnu', size: 0, edit }))
    fails(
      edited((block) => base256(-1n, 12).copy(block, 386)),
      /malformed/,
    )
    fails(
      edited((block) => base256(-1n, 12).copy(block, 483)),
      /malformed/,
    )
    fails(
      edited((block) => base256(2n ** 62n, 12).copy(block, 386)),
      /malformed/,
    )
  })

  it('are limited in length', () => {
    const block = Buffer.alloc(512)
    block[504] = 1
    const endless = header({ flag: 'S', magic: 'gnu', edit: (head) => void (head[482] = 1) })
    fails(Buffer.concat([endless, ...Array.from({ length: 2049 }, () => block)]), /headerBytes/)
    const lines = `100000000\n${'1\n'.repeat(2 ** 20)}`
    fails(archive(pax(version('1', '0')), entry({}, lines)), /headerBytes/)
  })

  it('are accepted if map and file have exactly the maximum size', () => {
    const parts = Array.from({ length: 5 }, (_, at) => ({ offset: at * 10, bytes: 'x' }))
    for (const name of ['oldGnu', 'pax10'] as const) {
      const bytes = archive(sparseFormats[name](parts, 100))
      expect(readArchive(bytes, { headerBytes: 512, sparseFileBytes: 100 })).toHaveLength(1)
      expect(() => readArchive(bytes, { headerBytes: 511 })).toThrow(/headerBytes/)
      expect(() => readArchive(bytes, { sparseFileBytes: 99 })).toThrow(/sparseFileBytes/)
    }
  })

  it('are rejected if they describe more or less data than the entry has', () => {
    const map = (said: number): Buffer =>
      archive(
        pax([
          ...version('0', '1'),
          ['GNU.sparse.size', '20'],
          ['GNU.sparse.numblocks', '1'],
          ['GNU.sparse.map', `0,${said}`],
        ]),
        entry({}, 'content'),
      )
    expect(readArchive(map(7))).toHaveLength(1)
    for (const said of [6, 8]) fails(map(said), /its map describes/)
  })
})

describe('the pax format of a sparse file', () => {
  it.each([
    [{}, undefined],
    [{ 'GNU.sparse.map': '0,1' }, 'pax 0.x'],
    [{ 'GNU.sparse.map': '' }, undefined],
    [{ 'GNU.sparse.major': '0', 'GNU.sparse.minor': '0' }, 'pax 0.x'],
    [{ 'GNU.sparse.major': '0', 'GNU.sparse.minor': '1' }, 'pax 0.x'],
    [{ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0' }, 'pax 1.0'],
    [{ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '1', 'GNU.sparse.map': '0,1' }, undefined],
    [{ 'GNU.sparse.major': '2', 'GNU.sparse.map': '0,1' }, undefined],
    [{ 'GNU.sparse.minor': '2', 'GNU.sparse.map': '0,1' }, undefined],
  ])('with the records %j is %s', (records, format) => {
    expect(sparseFormatOf(new Map(Object.entries(records)))).toBe(format)
  })
})
