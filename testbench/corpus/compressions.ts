/** Cases of compressed layers, intact and damaged. */
import { deflateRawSync, gzipSync } from 'node:zlib'
import { storedZstd } from '../../lib/testing/images/compress.js'
import { file, layer } from './entries.js'
import { type LayerCase, type Outcome, refused, type Threat } from './layer-case.js'
import { describeContent } from './render-tree.js'

const tar = layer(file('a', 'hello'), file('b', 'world'.repeat(200)))
const tree = ['a = hello', `b = ${describeContent('world'.repeat(200))}`]
const gz = gzipSync(tar)
const none = gzipSync('')
const zst = storedZstd(tar)
const empty = storedZstd(Buffer.alloc(0))

const concat = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts)
/** Returns `blob` with one byte changed. A negative `at` counts from the end. */
const withWrongByte = (blob: Buffer, at: number): Buffer => {
  const bytes = Buffer.from(blob)
  bytes[at < 0 ? bytes.length + at : at]! ^= 0xff
  return bytes
}
const skippable = (nibble: number, body: string): Buffer => {
  const frame = Buffer.alloc(8)
  frame.writeUInt32LE(0x184d2a50 + nibble, 0)
  frame.writeUInt32LE(body.length, 4)
  return concat(frame, Buffer.from(body))
}

/** Returns a gzip member with all optional fields. `damage` falsifies the checksum of its header. */
function fullMember(body: Buffer, damage = 0): Buffer {
  const head = concat(
    Buffer.from([0x1f, 0x8b, 8, 0x1f, 0, 0, 0, 0, 0, 3, 4, 0]),
    Buffer.from('abcdname\0comment\0'),
  )
  const check = Buffer.alloc(2)
  // The trailer of a member begins with the CRC-32 of its content.
  check.writeUInt16LE(gzipSync(head).readUInt16LE(gzipSync(head).length - 8) ^ damage)
  return concat(head, check, deflateRawSync(body), gzipSync(body).subarray(-8))
}

/** Returns `tar` in a zstd frame with a window of `2 ** (10 + exponent)` bytes. */
const windowed = (exponent: number): Buffer => {
  const block = Buffer.alloc(3)
  block.writeUIntLE((tar.length << 3) | 1, 0, 3)
  return concat(Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, exponent << 3]), block, tar)
}

type Row = readonly [name: string, blob: Buffer, flat: Outcome, umoci?: LayerCase['umoci']]

const rows =
  (threat: Threat) =>
  ([name, blob, flat, umoci = Array.isArray(flat) ? 'same' : 'refuses']: Row): LayerCase => ({
    name,
    threat,
    layers: [blob],
    flat,
    umoci,
  })

const gzip: readonly Row[] = [
  ['one gzip member', gz, tree],
  [
    'gzip members that split the archive at any byte',
    concat(gzipSync(tar.subarray(0, 700)), gzipSync(tar.subarray(700))),
    tree,
  ],
  [
    'a gzip member for every 100 bytes (estargz has one per file)',
    concat(
      ...Array.from({ length: Math.ceil(tar.length / 100) }, (_, i) =>
        gzipSync(tar.subarray(i * 100, i * 100 + 100)),
      ),
    ),
    tree,
  ],
  ['empty gzip members around and between', concat(none, gz, none, none), tree],
  [
    'a gzip member with FEXTRA, FNAME, FCOMMENT and FHCRC',
    fullMember(tar),
    tree,
    'refuses: its gzip reader knows no FHCRC',
  ],
  ['a gzip member with a wrong FHCRC', fullMember(tar, 1), refused(/header crc/)],
  ['zeros after the gzip', concat(gz, Buffer.alloc(700)), tree, 'refuses: Go reads no zeros there'],
  ['garbage after the gzip', concat(gz, Buffer.from('garbage')), refused(/as gzip failed/)],
  [
    'garbage after zeros after the gzip',
    concat(gz, Buffer.alloc(9), Buffer.from('x')),
    refused(/that (?:are|is) not gzip/),
  ],
  ['a gzip member after zeros', concat(gz, Buffer.alloc(9), gz), refused(/that (?:are|is) not gzip/)],
  ['a plain archive after the gzip', concat(gz, tar), refused(/as gzip failed/)],
  ['gzip in gzip', gzipSync(gz), refused(/truncated/)],
  ['gzip of an empty archive', none, []],
  ['gzip of an archive with no end', gzipSync(file('a', 'hello').subarray(0, 517)), ['a = hello']],
]

const damage: readonly Row[] = [
  ['gzip cut off in its header', gz.subarray(0, 5), refused(/as gzip failed|checksum|truncated/)],
  ['gzip cut off in its data', gz.subarray(0, gz.length >> 1), refused(/unexpected end of file/)],
  [
    'gzip cut off before its trailer',
    gz.subarray(0, -8),
    refused(/unexpected end of file/),
    'differs: it does not miss the trailer',
  ],
  ['gzip cut off in its trailer', gz.subarray(0, -1), refused(/unexpected end of file/)],
  [
    'gzip cut off in its second member',
    concat(gz, gz).subarray(0, gz.length + 20),
    refused(/unexpected end of file/),
  ],
  ['gzip with a wrong CRC', withWrongByte(gz, -8), refused(/incorrect data check/)],
  ['gzip with a wrong length', withWrongByte(gz, -4), refused(/incorrect length check/)],
  [
    'gzip with a wrong CRC in the first of two members',
    concat(withWrongByte(gzipSync(tar.subarray(0, 700)), -8), gzipSync(tar.subarray(700))),
    refused(/incorrect data check/),
  ],
  ['gzip with damaged data', withWrongByte(gz, 40), refused(/as gzip failed/)],
  [
    'gzip of an unknown method',
    concat(Buffer.from([0x1f, 0x8b, 7]), gz.subarray(3)),
    refused(/checksum of a header is wrong|truncated/),
  ],
  [
    'gzip with reserved flags',
    concat(Buffer.from([0x1f, 0x8b, 8, 0xe0]), gz.subarray(4)),
    refused(/as gzip failed/),
  ],
]

const noZstd = 'refuses: it reads no zstd' as const

const zstd: readonly Row[] = [
  ['one zstd frame', zst, tree, noZstd],
  ['two zstd frames', concat(storedZstd(tar.subarray(0, 700)), storedZstd(tar.subarray(700))), tree, noZstd],
  ['a skippable frame first, as zstd:chunked may have', concat(skippable(0, 'meta'), zst), tree, noZstd],
  [
    'skippable frames between and after',
    concat(
      storedZstd(tar.subarray(0, 700)),
      skippable(15, ''),
      storedZstd(tar.subarray(700)),
      skippable(3, 'toc'),
    ),
    tree,
    noZstd,
  ],
  ['zstd of an empty archive', storedZstd(Buffer.alloc(0)), [], noZstd],
  ['only a skippable frame', skippable(7, 'meta'), [], noZstd],
  ['empty zstd frames around and between', concat(empty, empty, zst, empty), tree, noZstd],
  ['a window of 128 MiB', windowed(17), tree, noZstd],
  ['zstd cut off in its header', zst.subarray(0, 6), refused(/truncated|zstd/)],
  ['zstd cut off in its data', zst.subarray(0, zst.length >> 1), refused(/zstd failed/)],
  [
    'zstd cut off in a skippable frame',
    concat(zst, skippable(0, 'meta').subarray(0, 10)),
    refused(/zstd failed/),
  ],
  ['garbage after the zstd', concat(zst, Buffer.from('garbage')), refused(/zstd failed/)],
  ['zeros after the zstd', concat(zst, Buffer.alloc(16)), refused(/zstd failed/)],
  [
    'zstd with a window of 144 MiB',
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (17 << 3) | 1, 1, 0, 0]),
    refused(/more than the maximum of 128 MiB/, 'LIMIT_EXCEEDED'),
  ],
  [
    'a zstd frame that needs a dictionary',
    Buffer.from('28b52ffd035839300000010000', 'hex'),
    refused(/needs the dictionary 12345/),
  ],
  [
    'zstd with a window of gigabytes',
    Buffer.concat([Buffer.from('28b52ffd00a0000000', 'hex'), tar]),
    refused(/more than the maximum of 128 MiB/, 'LIMIT_EXCEEDED'),
  ],
]

const foreign: readonly Row[] = (
  [
    ['xz', 'fd377a585a0000'],
    ['bzip2', '425a6839314159265359'],
    ['lz4', '04224d186440a7'],
    ['lzip', '4c5a495001'],
  ] as const
).map(([name, head]) => [
  `a layer of ${name}`,
  concat(Buffer.from(head, 'hex'), Buffer.alloc(1024, 7)),
  refused(new RegExp(`compressed with ${name}`)),
])

export const compressions: readonly LayerCase[] = [
  ...gzip.map(rows('gzip')),
  ...damage.map(rows('cut')),
  ...zstd.map(rows('zstd')),
  ...foreign.map(rows('foreign')),
  {
    name: 'an archive whose first file is named BZh is not taken for bzip2',
    threat: 'foreign',
    layers: [layer(file('BZh9', '1'))],
    flat: ['BZh9 = 1'],
    umoci: 'same',
  },
]
