/** Cases of valid and invalid headers, numbers, pax records and sparse maps. */
import {
  base256,
  withChecksum,
  endOfArchive,
  entry,
  header,
  octal,
  pax,
  paxRecord,
} from '../archives/archive.js'
import { sparseFormats as sparseFormats, type DataPart } from '../archives/sparse-writers.js'
import { dir, file, hardlink, layer, withLong, withPax } from './entries.js'
import { type LayerCase, type Outcome, refused, type Threat } from './layer-case.js'
import { describeContent } from './render-tree.js'

type Row = readonly [name: string, bytes: Buffer, flat: Outcome, umoci?: LayerCase['umoci']]

const rows =
  (threat: Threat) =>
  ([name, bytes, flat, umoci = Array.isArray(flat) ? 'same' : 'refuses']: Row): LayerCase => ({
    name,
    threat,
    layers: [bytes],
    flat,
    umoci,
  })

/** Returns a header block that `edit` has changed, with a correct checksum. */
const edited = (edit: (block: Buffer) => void, signed = false): Buffer => {
  const block = header({ name: 'a' })
  edit(block)
  return withChecksum(block, signed)
}

const headers: readonly Row[] = [
  ['a v7 header', layer(file('a', '1', { magic: 'v7' })), ['a = 1']],
  [
    'a v7 directory, known by its slash',
    layer(
      header({ name: 'd/', flag: '\0', magic: 'v7', mode: 0o755 }),
      file('d/a', '1', { magic: 'v7', flag: '\0' }),
    ),
    ['d/', 'd/a = 1'],
  ],
  ['a GNU header', layer(file('a', '1', { magic: 'gnu' })), ['a = 1']],
  ['a star header with its prefix', layer(file('a', '1', { magic: 'star', prefix: 'p' })), ['p/', 'p/a = 1']],
  [
    'a GNU header with times where ustar has the prefix',
    layer(file('a', '1', { magic: 'gnu', prefix: '00000000000\x0000000000000\0' })),
    ['a = 1'],
  ],
  [
    'a ustar prefix of 155 bytes',
    layer(file('n'.repeat(100), '1', { prefix: 'p'.repeat(155) })),
    [`${'p'.repeat(155)}/`, `${'p'.repeat(155)}/${'n'.repeat(100)} = 1`],
  ],
  [
    'a contiguous file',
    layer(file('a', '1', { flag: '7' })),
    ['a = 1'],
    'refuses: it does not know the type',
  ],
  ['a file with the flag NUL', layer(file('a', '1', { flag: '\0' })), ['a = 1']],
  [
    'an entry of an unknown type',
    layer(file('a', '1', { flag: 'Z' })),
    refused(/"a" has the type "Z", which layers must not contain/),
  ],
  [
    'a multi-volume entry',
    layer(file('a', '1', { flag: 'M' })),
    refused(/"a" has the type "M", which layers must not contain/),
  ],
  [
    'a header with a wrong checksum',
    layer(Buffer.concat([Buffer.from(header()).fill('7', 148, 149), Buffer.alloc(0)])),
    refused(/checksum of a header is wrong/),
  ],
  [
    'a header with a checksum of signed bytes',
    Buffer.concat([edited((block) => block.write('\xe9', 0, 'latin1'), true), endOfArchive]),
    ['\\xe9 ='],
  ],
  [
    'a header without a checksum',
    layer(Buffer.from(header()).fill(0, 148, 156)),
    refused(/checksum of a header is wrong/),
  ],
  ['random bytes', Buffer.alloc(2048, 'no archive at all '), refused(/checksum of a header is wrong/)],
  ['a size in base-256', layer(file('a', 'hello', { size: base256(5n, 12) })), ['a = hello']],
  [
    'numbers with blanks around them',
    layer(file('a', 'hello', { size: Buffer.from('         5 \0'), mode: Buffer.from('   644 \0') })),
    ['a = hello'],
  ],
  [
    'numbers that are empty',
    layer(
      header({
        mode: Buffer.alloc(8),
        uid: Buffer.alloc(8),
        mtime: Buffer.alloc(12),
        size: Buffer.alloc(12),
      }),
    ),
    ['a = {0000}'],
  ],
  [
    'a size that is not a number',
    layer(header({ size: Buffer.from('12x45678901\0') })),
    refused(/size of a header is not a number/),
  ],
  [
    'an invalid device number of a regular file',
    layer(header({ major: Buffer.from('zzzzzzz\0') })),
    refused(/device major of a header is not a number/),
  ],
]

const sizes: readonly Row[] = [
  ['a negative size', layer(header({ size: base256(-512n, 12) }), file('b')), refused(/is negative/)],
  ['a size beyond int64', layer(header({ size: base256(2n ** 70n, 12) })), refused(/overflows/)],
  [
    'a size of 2^60',
    layer(header({ size: base256(2n ** 60n, 12) })),
    refused(/the size of "a" is 1152921504606846976, which is not possible/),
  ],
  [
    'a size of 8 GiB, and 5 bytes',
    Buffer.concat([header({ size: octal(2 ** 33 - 1, 12) }), Buffer.from('hello')]),
    refused(/truncated/),
  ],
  [
    'a pax size that differs from that of the header: content is not read as a header',
    layer(
      withPax(
        { size: '1024' },
        Buffer.concat([header({ name: 'a', size: 0 }), file('evil', '').subarray(0, 512), Buffer.alloc(512)]),
      ),
      file('b', '1'),
    ),
    [
      `a = ${describeContent(Buffer.concat([file('evil', '').subarray(0, 512), Buffer.alloc(512)]))}`,
      'b = 1',
    ],
  ],
  [
    'a pax size of 0 with another size in the header',
    layer(withPax({ size: '0' }, header({ name: 'a', size: 512 })), file('b', '1')),
    ['a =', 'b = 1'],
  ],
  [
    'a negative pax size',
    layer(withPax({ size: '-1' }, file('a', '1'))),
    refused(/the size of "a" is -1, which is not possible/),
  ],
  [
    'a pax size that is not a number',
    layer(withPax({ size: '1x' }, file('a', '1'))),
    refused(/is not a number/),
  ],
  ['the size of a directory is ignored', layer(dir('d', { size: 512 }), file('b', '1')), ['b = 1', 'd/']],
]

const records: readonly Row[] = [
  ['a pax path over a long header', layer(withPax({ path: 'p' }, file('h', '1'))), ['p = 1']],
  ['an empty pax path is ignored', layer(withPax({ path: '' }, file('h', '1'))), ['h = 1']],
  [
    'two pax paths: the last one counts',
    layer(
      pax([
        ['path', 'x'],
        ['path', 'y'],
      ]),
      file('h', '1'),
    ),
    ['y = 1'],
  ],
  [
    'a GNU long name and a pax path',
    layer(pax([['path', 'pax']]), withLong('L', 'gnu', file('h', '1', { magic: 'gnu' }))),
    ['gnu = 1'],
  ],
  [
    'a pax header applies to one entry only',
    layer(withPax({ path: 'x' }, file('h', '1')), file('b', '2')),
    ['b = 2', 'x = 1'],
  ],
  [
    'two pax headers before one entry',
    layer(pax([['path', 'x']]), pax([['mtime', '5']]), file('h', '1')),
    ['h = 1 {@5}'],
  ],
  ['an unknown pax record', layer(withPax({ 'VENDOR.thing': 'x', comment: 'y' }, file('a', '1'))), ['a = 1']],
  ['an empty pax header', layer(entry({ flag: 'x' }, ''), file('a', '1')), ['a = 1']],
  ...['5 a=b\n', '99 a=b\n', 'x', '0 a=b\n', '6 =bc\n', '-6 a=b\n', '6 a=bc', '7 a\0=b\n'].map(
    (body): Row => [
      `the pax record ${JSON.stringify(body)}`,
      layer(entry({ flag: 'x' }, body), file('a', '1')),
      refused(/a record of a pax header is malformed/),
    ],
  ),
  ['a pax header at the end', layer(file('a', '1'), pax([['path', 'x']])), ['a = 1'], 'same'],
  [
    'a GNU long name of 8,000 bytes',
    layer(withLong('L', 'n/'.repeat(4000), file('s', '1', { magic: 'gnu' }))),
    refused(/more than the limit pathBytes/, 'LIMIT_EXCEEDED'),
  ],
]

const metas: readonly Row[] = ['x', 'g', 'L', 'K'].map((flag) => [
  `an extended header ${flag} of 64 MiB`,
  Buffer.concat([header({ flag, size: 64 * 2 ** 20 }), Buffer.alloc(2048)]),
  refused(/more than the limit headerBytes/, 'LIMIT_EXCEEDED'),
])

const globals: readonly Row[] = [
  [
    'a global header with a path and a size',
    layer(
      pax(
        [
          ['path', 'evil'],
          ['size', '512'],
        ],
        'g',
      ),
      file('a', '1'),
      file('b', '2'),
    ),
    ['a = 1', 'b = 2'],
    'refuses: it does not know the type',
  ],
  [
    'a global header with a comment, as git writes it',
    layer(pax([['comment', 'f'.repeat(40)]], 'g'), file('a', '1')),
    ['a = 1'],
    'refuses: it does not know the type',
  ],
  ['a malformed global header', layer(entry({ flag: 'g' }, 'garbage'), file('a')), refused(/malformed/)],
  [
    'a global header between a pax header and its entry',
    layer(pax([['path', 'x']]), pax([['comment', 'c']], 'g'), file('a', '1')),
    ['a = 1'],
    'refuses: it does not know the type',
  ],
]

const ends: readonly Row[] = [
  ['an empty archive', layer(), []],
  ['no bytes at all', Buffer.alloc(0), []],
  ['no blocks at the end', file('a', '1'), ['a = 1']],
  ['one block of zeros at the end', Buffer.concat([file('a', '1'), Buffer.alloc(512)]), ['a = 1']],
  ['no padding after the last entry', file('a', 'hello').subarray(0, 517), ['a = hello']],
  [
    'ten megabytes of zeros after the end',
    Buffer.concat([layer(file('a', '1')), Buffer.alloc(10_000_000)]),
    ['a = 1'],
  ],
  ['an entry after the end', Buffer.concat([layer(file('a', '1')), layer(file('evil', '2'))]), ['a = 1']],
  ['garbage after the end', Buffer.concat([layer(file('a', '1')), Buffer.alloc(700, 'x')]), ['a = 1']],
  [
    'a single block of zeros between entries',
    Buffer.concat([file('a', '1'), Buffer.alloc(512), file('evil', '2'), endOfArchive]),
    refused(/a block of zeros is not followed by a second one/),
  ],
  ['cut off in the middle of a header', layer(file('a', '1')).subarray(0, 300), refused(/truncated/)],
  ['cut off in the middle of data', file('a', 'x'.repeat(5000)).subarray(0, 1024), refused(/truncated/)],
  [
    'cut off in the middle of a pax header',
    pax([['path', 'x'.repeat(300)]]).subarray(0, 600),
    refused(/truncated/),
  ],
]

const parts: readonly DataPart[] = [
  { offset: 4096, bytes: 'head' },
  { offset: 100_000, bytes: 'x'.repeat(600) },
]
const many: readonly DataPart[] = Array.from({ length: 60 }, (_, i) => ({
  offset: (i + 1) * 8192,
  bytes: `part ${i}`,
}))
const filled = (all: readonly DataPart[], size: number): Buffer => {
  const bytes = Buffer.alloc(size)
  for (const { offset, bytes: part } of all) bytes.write(part, offset, 'latin1')
  return bytes
}

const umociOf = (format: string): LayerCase['umoci'] =>
  format === 'oldGnu' ? 'refuses: it does not know the old GNU type' : 'same'

const sparse: readonly Row[] = [
  ...Object.entries(sparseFormats).flatMap(([format, write]): Row[] => [
    [
      `a sparse file (${format})`,
      layer(write(parts, 200_000), file('z', '1')),
      [`sparse = ${describeContent(filled(parts, 200_000))}`, 'z = 1'],
      umociOf(format),
    ],
    [
      `a sparse file of 60 parts (${format})`,
      layer(write(many, 600_000), file('z', '1')),
      [`sparse = ${describeContent(filled(many, 600_000))}`, 'z = 1'],
      umociOf(format),
    ],
    [
      `a sparse file of 1 TiB (${format})`,
      layer(write(parts, 2 ** 40)),
      refused(/more than the limit (?:sparseFileBytes|layerBytes)/, 'LIMIT_EXCEEDED'),
      'not asked: it writes all the zeros',
    ],
    [
      `a sparse map with parts that overlap (${format})`,
      layer(write([parts[1]!, { offset: 100_100, bytes: 'y' }], 200_000)),
      refused(/sparse map of a file is malformed/),
    ],
    [
      `a sparse map that leaves the file (${format})`,
      layer(write(parts, 50_000)),
      refused(/sparse map of a file is malformed/),
    ],
  ]),
  [
    'a sparse file that is one hole',
    layer(sparseFormats.pax10([], 100_000)),
    [`sparse = ${describeContent(Buffer.alloc(100_000))}`],
  ],
  [
    'a sparse map that states a million parts but has none',
    layer(
      pax([
        ['GNU.sparse.major', '1'],
        ['GNU.sparse.minor', '0'],
        ['GNU.sparse.realsize', '9'],
      ]),
      file('a', '1000000\n'),
    ),
    refused(/truncated|malformed|map/),
  ],
  [
    'a sparse record of pax 0.0 out of order',
    layer(entry({ flag: 'x' }, paxRecord('GNU.sparse.numbytes', '1')), file('a', '1')),
    refused(/sparse map of a pax header is malformed/),
  ],
  [
    'a hard link to a sparse file',
    layer(sparseFormats.oldGnu(parts, 200_000), hardlink('also', 'sparse')),
    [`also = ${describeContent(filled(parts, 200_000))}`, 'sparse == also'],
    'refuses: it does not know the old GNU type',
  ],
]

export const formats: readonly LayerCase[] = [
  ...headers.map(rows('format')),
  ...sizes.map(rows('size')),
  ...records.map(rows('pax')),
  ...metas.map(rows('meta')),
  ...globals.map(rows('global')),
  ...ends.map(rows('end')),
  ...sparse.map(rows('sparse')),
]
