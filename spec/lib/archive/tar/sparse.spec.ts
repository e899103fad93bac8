import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  archive,
  base256,
  contentOf,
  entry,
  header,
  pax,
  read,
} from '../../../../testbench/archives/archive.js'
import { formats, type Part } from '../../../../testbench/archives/sparse-writers.js'

/** The parts of a sparse file, with holes between them, and the size of the file. */
const anySparse = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 3000 }), fc.uint8Array({ minLength: 1, maxLength: 1200 })), {
    maxLength: 30,
  })
  .chain((gaps) => fc.tuple(fc.constant(gaps), fc.nat(2000)))
  .map(([gaps, tail]) => {
    let at = 0
    const parts = gaps.map(([gap, bytes]): Part => {
      const offset = at + gap
      at = offset + bytes.length
      return { offset, bytes: Buffer.from(bytes).toString('latin1') }
    })
    return { parts, size: at + tail }
  })

const next = header({ name: 'next' })

describe.each(Object.entries(formats))('sparse files as %s', (name, write) => {
  it('are expanded, holes as holes, and the next entry is found', () => {
    fc.assert(
      fc.property(anySparse, fc.integer({ min: 1, max: 900 }), ({ parts, size }, cut) => {
        // Formats 0.x write no sparse fields if there are no parts, so the entry would be an empty plain file.
        fc.pre(parts.length > 0 || name === 'oldGnu' || name === 'pax10')
        const seen = read(archive(write(parts, size), next), {}, () => cut)
        expect(seen.map(({ path, sparse }) => [path, sparse])).toEqual([
          ['sparse', true],
          ['next', false],
        ])
        expect(seen[0]).toMatchObject({ size, type: 'file', parts })
      }),
      { numRuns: 300 },
    )
  })

  it('are refused where the map leaves the file, overlaps, or does not fit the data', () => {
    const two = [
      { offset: 0, bytes: 'abc' },
      { offset: 10, bytes: 'def' },
    ]
    const fails = (parts: readonly Part[], size: number): void =>
      expect(() => read(archive(write(parts, size), next))).toThrow(
        expect.objectContaining({ code: 'LAYER_INVALID' }) as Error,
      )
    fails(two, 12)
    fails([two[1]!, two[0]!], 20)
    fails([two[0]!, { offset: 2, bytes: 'x' }], 20)
    const whole = write(two, 20)
    expect(contentOf(read(archive(whole))[0]!).toString()).toBe(`abc${'\0'.repeat(7)}def${'\0'.repeat(7)}`)
  })

  it('of 1 TiB in 1 KiB are refused, and the limit is named', () => {
    const parts = [{ offset: 2 ** 30, bytes: 'x' }]
    const huge = archive(write(parts, name === 'oldGnu' ? 2 ** 33 - 1 : 2 ** 40))
    const limits = name === 'oldGnu' ? { sparseFileBytes: 2 ** 32 } : {}
    expect(() => read(huge, limits)).toThrow(
      expect.objectContaining({
        code: 'LIMIT_EXCEEDED',
        message: expect.stringContaining('sparseFileBytes') as string,
      }) as Error,
    )
    expect(read(archive(write(parts, 2 ** 31)))[0]).toMatchObject({ size: 2 ** 31, parts })
  })
})

describe('sparse maps that no tool writes', () => {
  const fails = (bytes: Buffer, message: RegExp): void => expect(() => read(bytes)).toThrow(message)
  const version = (major: string, minor: string): [string, string][] => [
    ['GNU.sparse.major', major],
    ['GNU.sparse.minor', minor],
  ]

  it('refuses what is malformed', () => {
    fails(archive(pax([['GNU.sparse.numbytes', '1']]), entry({}, 'x')), /out of order/)
    fails(archive(pax([['GNU.sparse.offset', '0,1']]), entry({}, 'x')), /out of order/)
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

  it('takes an unknown version for a plain file, as Go does', () => {
    const [plain] = read(
      archive(pax([...version('2', '0'), ['GNU.sparse.name', 'n']]), entry({ name: 'p' }, 'x')),
    )
    expect(plain).toMatchObject({ path: 'p', sparse: false, size: 1 })
  })

  it('refuses the flag outside of GNU, negative numbers, and a real size below the data', () => {
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

  it('limits how long a map may be', () => {
    const block = Buffer.alloc(512)
    block[504] = 1
    const endless = header({ flag: 'S', magic: 'gnu', edit: (head) => void (head[482] = 1) })
    fails(Buffer.concat([endless, ...Array.from({ length: 2049 }, () => block)]), /headerBytes/)
    const lines = `100000000\n${'1\n'.repeat(2 ** 20)}`
    fails(archive(pax(version('1', '0')), entry({}, lines)), /headerBytes/)
  })

  it('takes a map and a file that are exactly as large as they may be', () => {
    const parts = Array.from({ length: 5 }, (_, at) => ({ offset: at * 10, bytes: 'x' }))
    for (const name of ['oldGnu', 'pax10'] as const) {
      const bytes = archive(formats[name](parts, 100))
      expect(read(bytes, { headerBytes: 512, sparseFileBytes: 100 })).toHaveLength(1)
      expect(() => read(bytes, { headerBytes: 511 })).toThrow(/headerBytes/)
      expect(() => read(bytes, { sparseFileBytes: 99 })).toThrow(/sparseFileBytes/)
    }
  })

  it('refuses a map that speaks of less than there is, or of more', () => {
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
    expect(read(map(7))).toHaveLength(1)
    for (const said of [6, 8]) fails(map(said), /its map describes/)
  })
})
