import { describe, expect, it } from 'vitest'
import { TarReader } from '../../../../lib/archive/tar/reader.js'
import { WindlassError } from '../../../../lib/errors.js'
import {
  archive,
  base256,
  withChecksum,
  contentOf,
  endOfArchive,
  entry,
  header,
  pax,
  readArchive,
  type HeaderFields,
} from '../../../../testbench/archives/archive.js'

const refused = (bytes: Buffer, message: RegExp, code = 'LAYER_INVALID'): void => {
  let failure: unknown
  try {
    readArchive(bytes)
  } catch (error) {
    failure = error
  }
  expect(failure).toBeInstanceOf(WindlassError)
  expect(failure).toMatchObject({ code, message: expect.stringMatching(message) })
}
const names = (bytes: Buffer): string[] => readArchive(bytes).map(({ path }) => path)
const only = (bytes: Buffer) => {
  const [first, ...more] = readArchive(bytes)
  expect(more).toEqual([])
  return first!
}

describe('TarReader: fields of a header', () => {
  it('reads every field', () => {
    const seen = only(
      archive(entry({ name: 'f', prefix: 'usr/lib', mode: 0o4755, uid: 1000, gid: 100, mtime: 7 }, 'hello')),
    )
    expect(seen).toEqual({
      path: 'usr/lib/f',
      type: 'file',
      size: 5,
      mode: 0o4755,
      uid: 1000,
      gid: 100,
      mtime: 7_000_000_000n,
      linkTarget: '',
      device: undefined,
      xattrs: new Map(),
      sparse: false,
      parts: [{ offset: 0, bytes: 'hello' }],
    })
  })

  it.each<[string, string, string]>([
    ['0', 'a', 'file'],
    ['0', 'a/', 'file'],
    ['\0', 'a', 'file'],
    ['\0', 'a/', 'directory'],
    ['7', 'a', 'file'],
    ['3', 'a', 'character-device'],
    ['4', 'a', 'block-device'],
    ['5', 'a', 'directory'],
    ['6', 'a', 'fifo'],
  ])('type flag %j of %j is a %s', (flag, name, type) => {
    expect(only(archive(header({ flag, name })))).toMatchObject({ path: name, type })
  })

  it('rejects types that layers must not contain, and names them', () => {
    for (const flag of ['M', 'V', 'D', 'z'])
      refused(
        archive(header({ flag, name: 'odd' })),
        /"odd" has the type "\w", which layers must not contain/,
      )
  })

  it('accepts checksums over signed bytes, and rejects wrong checksums', () => {
    const block = header({ name: 'caf\xe9' })
    expect(names(archive(withChecksum(Buffer.from(block), true)))).toEqual(['caf\xe9'])
    block[0]!++
    refused(archive(block), /checksum/)
  })

  it('keeps names and targets byte for byte', () => {
    const odd = 'a\xff\xfe\n\x1b[31m\\"\x80'
    const seen = only(archive(header({ flag: '2', name: odd, link: '/../\xc3\xa9\xff' })))
    expect(seen).toMatchObject({ path: odd, linkTarget: '/../\xc3\xa9\xff', type: 'symlink' })
    expect(only(archive(pax([['path', odd]]), header()))).toMatchObject({ path: odd })
  })

  it('reads base-256 numbers, negative ones too', () => {
    const seen = only(archive(header({ uid: base256(2n ** 32n - 2n, 8), mtime: base256(-5n, 12) })))
    expect(seen).toMatchObject({ uid: 2 ** 32 - 2, mtime: -5_000_000_000n })
    const size = base256(5n, 12)
    expect(contentOf(only(archive(entry({ size }, 'hello')))).toString()).toBe('hello')
  })

  it.each([
    [-2n, 2 ** 32 - 2],
    [-1n, 2 ** 32 - 1],
    [2n ** 32n - 1n, 2 ** 32 - 1],
    [-(2n ** 31n), 2 ** 31],
  ])('reads the owner %d as %d, a number of 32 bits', (id, read) => {
    const fields = { uid: base256(id, 8), gid: base256(id, 8) }
    expect(only(archive(header(fields)))).toMatchObject({ uid: read, gid: read })
    const records = pax([
      ['uid', String(id)],
      ['gid', String(id)],
    ])
    expect(only(archive(records, header()))).toMatchObject({ uid: read, gid: read })
  })

  it('reads device numbers that Linux does not support, which `LayerApplier` skips', () => {
    const device = { major: 4096, minor: -1 }
    const fields = { flag: '3', major: 4096, minor: base256(-1n, 8) }
    expect(only(archive(header(fields)))).toMatchObject({ device })
  })

  it.each<[string, HeaderFields]>([
    ['uid of 2^32', { uid: base256(2n ** 32n, 8) }],
    ['uid of -2^31 - 1', { uid: base256(-(2n ** 31n) - 1n, 8) }],
    ['gid of 2^62', { gid: base256(2n ** 62n - 1n, 8) }],
    ['negative size', { size: base256(-512n, 12) }],
    ['size beyond int64', { size: base256(2n ** 70n, 12) }],
    ['size beyond what a file has', { size: base256(2n ** 60n, 12) }],
    ['size that is no number', { size: Buffer.from('12x4567890\0\0') }],
    ['mode that is no number', { mode: Buffer.from('0000999\0') }],
    ['device number that is no number, of a file', { major: Buffer.from('zzzzzzz\0') }],
    ['link without a target', { flag: '2' }],
    ['hardlink without a target', { flag: '1' }],
  ])('refuses a %s', (_name, fields) => refused(archive(header(fields)), /./))

  it('reads the prefix of star and of old Go', () => {
    expect(names(archive(header({ magic: 'star', prefix: 'p'.repeat(131), name: 'n' })))).toEqual([
      `${'p'.repeat(131)}/n`,
    ])
    expect(names(archive(header({ magic: 'gnu', prefix: 'not/a/time', name: 'n' })))).toEqual([
      'not/a/time/n',
    ])
    expect(
      names(archive(header({ magic: 'gnu', prefix: '00000000000\x0000000000000\0', name: 'n' }))),
    ).toEqual(['n'])
    expect(names(archive(header({ magic: 'v7', name: 'n' })))).toEqual(['n'])
  })
})

describe('pax records and long names', () => {
  it('override the header: path, linkpath, ids, mtime to the nanosecond, xattrs', () => {
    const seen = only(
      archive(
        pax([
          ['path', 'long/path'],
          ['linkpath', 'target'],
          ['uid', '70000'],
          ['gid', '80000'],
          ['mtime', '-1.5000000019'],
          ['SCHILY.xattr.security.capability', '\x01\0\xff'],
          ['SCHILY.xattr.user.empty', ''],
          ['LIBARCHIVE.xattr.user.other', 'eA=='],
          ['uname', 'somebody'],
        ]),
        header({ flag: '2', link: 'x', uid: base256(-9n, 8) }),
      ),
    )
    expect(seen).toMatchObject({ path: 'long/path', linkTarget: 'target', uid: 70000, gid: 80000 })
    expect(seen.mtime).toBe(-1_500_000_001n)
    expect([...seen.xattrs]).toEqual([
      ['security.capability', Buffer.from([1, 0, 255])],
      ['user.empty', Buffer.alloc(0)],
    ])
  })

  it.each<[string, bigint]>([
    ['1.5', 1_500_000_000n],
    ['1.', 1_000_000_000n],
    ['-0.25', -250_000_000n],
    ['1700000000.1234567899', 1_700_000_000_123_456_789n],
    ['9223372036854775807', 9_223_372_036_854_775_807_000_000_000n],
  ])('mtime=%s is %s ns', (mtime, expected) => {
    expect(only(archive(pax([['mtime', mtime]]), header())).mtime).toBe(expected)
  })

  it('a pax size overrides the size in the header, so that content is never read as a header', () => {
    const hidden = header({ name: 'hidden' })
    const body = Buffer.concat([hidden, hidden])
    const seen = only(archive(pax([['size', '1024']]), header({ size: 0 }), body))
    expect(contentOf(seen).equals(body)).toBe(true)
  })

  it('an empty record has no effect, and the last of two records wins', () => {
    expect(
      names(
        archive(
          pax([
            ['path', 'x'],
            ['path', ''],
          ]),
          header({ name: 'h' }),
        ),
      ),
    ).toEqual(['h'])
    expect(
      names(
        archive(
          pax([
            ['path', 'x'],
            ['path', 'y'],
          ]),
          header(),
        ),
      ),
    ).toEqual(['y'])
    expect(names(archive(pax([['path', 'x']]), pax([['mtime', '1']]), header({ name: 'h' })))).toEqual(['h'])
  })

  it('a GNU long name overrides a pax path, in either order', () => {
    const long = entry({ flag: 'L', name: '././@LongLink' }, 'gnu\0junk')
    const link = entry({ flag: 'K', name: '././@LongLink' }, 'target\0')
    expect(names(archive(pax([['path', 'pax']]), long, header()))).toEqual(['gnu'])
    expect(names(archive(long, pax([['path', 'pax']]), header()))).toEqual(['gnu'])
    expect(only(archive(link, long, header({ flag: '1', link: 'x' })))).toMatchObject({
      path: 'gnu',
      linkTarget: 'target',
    })
  })

  it('a negative size is rejected, even if a record overrides it', () => {
    for (const size of [-1n, -512n]) {
      refused(header({ size: base256(size, 12) }), /is negative/)
      refused(archive(pax([['size', '5']]), header({ size: base256(size, 12) })), /is negative/)
    }
  })

  it('apply to one entry only', () => {
    expect(names(archive(pax([['path', 'x']]), header(), header({ name: 'second' })))).toEqual([
      'x',
      'second',
    ])
  })

  it('a global header has no effect, and discards the extensions before it', () => {
    const global = pax(
      [
        ['path', 'evil'],
        ['size', '512'],
      ],
      'g',
    )
    expect(names(archive(global, header({ name: 'a' }), header({ name: 'b' })))).toEqual(['a', 'b'])
    expect(names(archive(pax([['path', 'x']]), global, header({ name: 'a' })))).toEqual(['a'])
    refused(archive(entry({ flag: 'g' }, 'garbage'), header()), /malformed/)
  })

  it.each([
    '12 path=a\0b\n',
    '5 a=b\n',
    '99 a=b\n',
    '6 ab\n\n',
    'x',
    '0 a=b\n',
    '6 =bc\n',
    '7 a\0=b\n',
    '-6 a=b\n',
    '6 a=b',
    '16 linkpath=a\0b\n',
    '4 a\n',
  ])('refuses the record %j', (record) => refused(archive(entry({ flag: 'x' }, record), header()), /pax/))

  it.each([
    ['size', '-1'],
    ['size', '1x'],
    ['uid', '4294967296'],
    ['gid', '-2147483649'],
    ['uid', ' 1'],
    ['mtime', 'now'],
    ['atime', '1,5'],
    ['size', '9223372036854775808'],
    ['SCHILY.xattr.', 'x'],
  ] as const)('refuses %s=%s', (key, value) => refused(archive(pax([[key, value]]), header()), /./))

  it('rejects a large extended header without buffering it, and names the limit', () => {
    for (const flag of ['x', 'g', 'L', 'K'])
      refused(header({ flag, size: 64 * 2 ** 20 }), /headerBytes/, 'LIMIT_EXCEEDED')
    const longest = archive(entry({ flag: 'L' }, 'n'.repeat(2 ** 20)), header())
    expect(readArchive(longest, { pathBytes: Infinity })[0]?.path).toHaveLength(2 ** 20)
  })
})

describe('the end of data and of archives', () => {
  it('the size of an entry without data is ignored, and a header follows', () => {
    for (const flag of ['1', '2', '5', '6'])
      expect(names(archive(header({ flag, link: 't', size: 512 }), header({ name: 'next' })))).toEqual([
        'a',
        'next',
      ])
  })

  it('two blocks of zeros end the archive, and later bytes are ignored', () => {
    expect(names(archive(header(), endOfArchive, header({ name: 'after' }), Buffer.from('garbage')))).toEqual(
      ['a'],
    )
    expect(names(Buffer.concat([header(), endOfArchive, Buffer.alloc(100_000)]))).toEqual(['a'])
  })

  it('the blocks of zeros and the padding of the last entry may be missing', () => {
    expect(names(header())).toEqual(['a'])
    expect(names(entry({}, 'hello').subarray(0, 517))).toEqual(['a'])
    expect(names(Buffer.concat([header(), Buffer.alloc(512)]))).toEqual(['a'])
    expect(names(Buffer.alloc(0))).toEqual([])
  })

  it('a single block of zeros inside the archive is rejected', () => {
    refused(
      Buffer.concat([header(), Buffer.alloc(512), header()]),
      /a block of zeros is not followed by a second one/,
    )
  })

  it('an archive truncated inside a header or data is rejected', () => {
    const whole = entry({}, 'hello')
    const between = new Set([0, 512 + 5])
    for (let length = 1; length < 600; length++) {
      const cut = whole.subarray(0, length)
      if (between.has(length) || length > 517) expect(names(cut)).toEqual(['a'])
      else refused(cut, length < 512 ? /inside a header/ : /inside the content of an entry/)
    }
    refused(Buffer.concat([header(), Buffer.alloc(600)]), /truncated/)
    refused(entry({ flag: 'L' }, 'name').subarray(0, 514), /truncated/)
  })

  it('the number of entries and bytes is limited', () => {
    const two = archive(entry({}, 'hello'), entry({}, 'world'))
    expect(() => readArchive(two, { layerEntries: 1 })).toThrow(/layerEntries/)
    expect(() => readArchive(two, { layerBytes: 9 })).toThrow(/layerBytes/)
    expect(readArchive(two, { layerEntries: 2, layerBytes: 10 })).toHaveLength(2)
  })

  it('the exact limits are accepted, and anything above is rejected', () => {
    const named = (name: string) => archive(entry({ name }))
    expect(readArchive(named('a/b/c'), { pathDepth: 3, pathBytes: 5 })).toHaveLength(1)
    expect(readArchive(named('long/b/c'), { pathDepth: 3 })).toHaveLength(1)
    expect(() => readArchive(named('a/b/c/d'), { pathDepth: 3 })).toThrow(/pathDepth/)
    expect(() => readArchive(named('a/b/c'), { pathBytes: 4 })).toThrow(/pathBytes/)
    const long = archive(entry({ flag: 'L' }, 'name'), entry({}))
    expect(readArchive(long, { headerBytes: 4 }).map(({ path }) => path)).toEqual(['name'])
    expect(() => readArchive(long, { headerBytes: 3 })).toThrow(/headerBytes/)
  })

  it('after a failure, the same error is thrown again; errors of the handler are passed on', () => {
    const reader = new TarReader({ entry: () => undefined, data: () => undefined, end: () => undefined })
    const bad = Buffer.alloc(512, 1)
    let first: unknown
    try {
      reader.write(bad)
    } catch (error) {
      first = error
    }
    expect(() => reader.write(header())).toThrow(first)
    expect(() => reader.finish()).toThrow(first)
    const mine = new Error('mine')
    const thrower = new TarReader({
      entry: () => {
        throw mine
      },
      data: () => undefined,
      end: () => undefined,
    })
    expect(() => thrower.write(header())).toThrow(mine)
  })
})

describe('TarReader.skip', () => {
  it('leaves out content and padding, and not more', () => {
    const calls: string[] = []
    const reader = new TarReader({
      entry: ({ path }) => calls.push(path),
      data: (chunk) => calls.push(`${chunk.length} bytes`),
      end: () => calls.push('end'),
    })
    expect(() => reader.skip(1)).toThrow(RangeError)
    reader.write(header({ name: 'a', size: 700 }))
    expect(reader.skippable).toBe(700)
    expect(() => reader.skip(701)).toThrow(RangeError)
    reader.skip(300)
    reader.write(Buffer.alloc(100))
    reader.skip(300)
    expect(reader.skippable).toBe(324)
    reader.skip(324)
    reader.write(header({ name: 'b', size: 700 }))
    reader.skip(600)
    expect(() => reader.finish()).toThrow('truncated after 2,648 bytes, inside the content of an entry')
    expect(calls).toEqual(['a', '100 bytes', 'end', 'b'])
  })
})
