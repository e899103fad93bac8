/** Results of Go's archive/tar tests for sparse files. Each archive is rebuilt from its description in the tests. */
import { archive, padToBlocks, entry, header, octal, pax } from '../../../archives/archive.js'
import { type Row, type Table, agreeingRows, differingRows, refused } from '../../row.js'

type Pair = readonly [offset: number, length: number]
type Line = readonly [label: string, given: Buffer, meaning: string]

/** A sparse file in pax format 0.1 with `size` bytes, the parts of `map`, and the content `data`. */
const file = (map: readonly Pair[], size: number, data: string): Buffer =>
  archive(
    pax([
      ['GNU.sparse.major', '0'],
      ['GNU.sparse.minor', '1'],
      ['GNU.sparse.numblocks', String(map.length)],
      ['GNU.sparse.map', map.flat().join(',')],
      ['GNU.sparse.size', String(size)],
    ]),
    entry({ name: 'sparse' }, data),
  )

/** Only the records, with the data `stored`. */
const recorded = (records: Readonly<Record<string, string>>, stored: string): Buffer =>
  archive(
    pax(Object.entries(records).map(([key, value]) => [`GNU.sparse.${key}`, value] as const)),
    entry({ name: 'sparse' }, stored),
  )

/** A sparse file in pax format 1.0: the map in whole blocks before the data. */
const leading = (map: string, size: number, data: string): Buffer =>
  archive(
    pax([
      ['GNU.sparse.major', '1'],
      ['GNU.sparse.minor', '0'],
      ['GNU.sparse.realsize', String(size)],
    ]),
    entry({ name: 'sparse' }, padToBlocks(map).toString('latin1') + data),
  )

/** A sparse file in the old GNU format, with the map in the header and `more` after it. */
const inHeader = (map: readonly (Pair | string)[], size: string, more: Buffer, stored = 0): Buffer => {
  const written = map.map((pair) =>
    typeof pair === 'string'
      ? Buffer.from(pair.padEnd(24, '\0'), 'latin1')
      : Buffer.concat([octal(pair[0], 12), octal(pair[1], 12)]),
  )
  return Buffer.concat([
    header({
      flag: 'S',
      magic: 'gnu',
      name: 'sparse',
      size: stored,
      edit: (block) => {
        Buffer.concat(written.slice(0, 4)).copy(block, 386)
        block[482] = written.length > 4 ? 0x80 : 0
        block.write(size, 483, 'latin1')
      },
    }),
    more,
    Buffer.alloc(1024),
  ])
}
const mapBlock = (map: readonly Pair[]): Buffer => {
  const block = Buffer.alloc(512)
  Buffer.concat(map.flatMap(([offset, length]) => [octal(offset, 12), octal(length, 12)])).copy(block)
  return block
}

const contents: readonly Line[] = [
  [
    'ab and cde of 8 bytes',
    file(
      [
        [0, 2],
        [5, 3],
      ],
      8,
      'abcde',
    ),
    'ab...cde',
  ],
  [
    'ab and cde of 10 bytes',
    file(
      [
        [0, 2],
        [5, 3],
      ],
      10,
      'abcde',
    ),
    'ab...cde..',
  ],
  [
    'abc and de of 8 bytes',
    file(
      [
        [1, 3],
        [6, 2],
      ],
      8,
      'abcde',
    ),
    '.abc..de',
  ],
  [
    'abc, nothing twice, and de',
    file(
      [
        [1, 3],
        [6, 0],
        [6, 0],
        [6, 2],
      ],
      8,
      'abcde',
    ),
    '.abc..de',
  ],
  [
    'abc and de of 10 bytes',
    file(
      [
        [1, 3],
        [6, 2],
      ],
      10,
      'abcde',
    ),
    '.abc..de..',
  ],
  [
    'abc, de and nothing four times',
    file(
      [
        [1, 3],
        [6, 2],
        [8, 0],
        [8, 0],
        [8, 0],
        [8, 0],
      ],
      10,
      'abcde',
    ),
    '.abc..de..',
  ],
  ['a hole of 2 bytes', file([], 2, ''), '..'],
  ['a size below zero', file([], -2, ''), refused],
  [
    'parts of a size below zero',
    file(
      [
        [1, 3],
        [6, 2],
      ],
      -10,
      'abcde',
    ),
    refused,
  ],
  [
    'a part beyond the end',
    file(
      [
        [1, 3],
        [6, 5],
      ],
      10,
      'abcde',
    ),
    refused,
  ],
  [
    'less data than the map has',
    file(
      [
        [1, 3],
        [6, 5],
      ],
      15,
      'abcde',
    ),
    refused,
  ],
  [
    'a part of a length below zero',
    file(
      [
        [1, 3],
        [6, -5],
      ],
      35,
      'abcde',
    ),
    refused,
  ],
  [
    'a part at the largest offset',
    recorded(
      { major: '0', minor: '1', numblocks: '2', map: '9223372036854775807,3,6,-5', size: '35' },
      'abcde',
    ),
    refused,
  ],
  [
    'parts that overlap',
    file(
      [
        [1, 3],
        [2, 2],
      ],
      10,
      'abcde',
    ),
    refused,
  ],
  [
    'more data than the map has',
    file(
      [
        [1, 3],
        [6, 5],
      ],
      15,
      'abcdefghEXTRA',
    ),
    refused,
  ],
]

const maps: readonly Line[] = [
  ['no records', archive(entry({ name: 'plain' }, 'abc')), 'abc'],
  ['2^63-1 parts', recorded({ numblocks: String(2n ** 63n - 1n), map: '0,1,2,3' }, ''), refused],
  ['a number of parts with a NUL', recorded({ numblocks: '4\0', map: '0,1,2,3' }, ''), refused],
  ['four parts, of which two are there', recorded({ numblocks: '4', map: '0,1,2,3' }, ''), refused],
  ['two parts', recorded({ numblocks: '2', map: '0,1,2,3', size: '5' }, 'abcd'), 'a.bcd'],
  ['a blank in the map', recorded({ numblocks: '2', map: '0, 1,2,3' }, 'abcd'), refused],
  [
    'a leading zero in the map',
    recorded({ numblocks: '2', map: '0,1,02,3', realsize: '6' }, 'abcd'),
    'a.bcd.',
  ],
  ['a word in the map', recorded({ numblocks: '2', map: '0,one1,2,3' }, 'abcd'), refused],
  ['a number of parts below zero', recorded({ numblocks: '-4', map: '0,1' }, 'a'), refused],
  ['a number of parts that is none', recorded({ numblocks: 'fee ', map: '0,1' }, 'a'), refused],
  ['a fraction in the map', recorded({ numblocks: '4', map: '0.5,5,10,5,20,5,30,5' }, 'a'), refused],
  [
    'size before realsize',
    recorded({ major: '0', minor: '0', numblocks: '2', map: '0,1,2,3', size: '5', realsize: '6' }, 'abcd'),
    'a.bcd',
  ],
  ['no parts', recorded({ major: '0', minor: '0', numblocks: '0', map: '', size: '1' }, ''), '.'],
  [
    'four parts',
    recorded({ major: '0', minor: '1', numblocks: '4', map: '0,1,2,1,4,1,6,1', size: '7' }, 'abcd'),
    'a.b.c.d',
  ],
  ['1.0 without its map', recorded({ major: '1', minor: '0', numblocks: '4', map: '0,5' }, ''), refused],
  ['1.0, no parts', leading('0\n', 2, ''), '..'],
  ['1.0, no parts, and rubbish in the block', leading(`0\n${'\0'.repeat(509)}#`, 2, ''), '..'],
  ['1.0, a number without its end', leading('0', 2, ''), refused],
  ['1.0, a number that is none', leading('ab\n', 2, ''), refused],
  ['1.0, one part', leading('1\n2\n3\n', 6, 'abc'), '..abc.'],
  ['1.0, half a part', leading('1\n2\n', 6, 'abc'), refused],
  ['1.0, a part with an empty number', leading('1\n2\n\n', 6, 'abc'), refused],
  ['1.0, a block of zeros', leading(`${'\0'.repeat(512)}0\n`, 2, ''), refused],
  ['1.0, a number of 513 digits', leading(`${'0'.repeat(512)}1\n5\n1\n`, 7, 'a'), '.....a.'],
  ['1.0, 2^63-1 parts', leading(`${2n ** 63n - 1n}\n`, 2, ''), refused],
  [
    '1.0, numbers over several blocks',
    leading(`${'0'.repeat(300)}1\n${'0'.repeat(1000)}5\n${'0'.repeat(800)}2\n`, 8, 'ab'),
    '.....ab.',
  ],
  [
    '1.0, two parts beyond 10 GiB',
    leading('2\n10737418240\n512\n21474836480\n512\n', 21474836992, 'x'.repeat(1024)),
    '21474836992 bytes, 512 at 10737418240, 512 at 21474836480',
  ],
]

const none = Buffer.alloc(0)
const six: readonly Pair[] = [
  [0, 1],
  [2, 1],
  [4, 1],
  [6, 1],
  [8, 1],
  [10, 1],
]

const oldGnu: readonly Line[] = [
  ['GNU, a part that is no number', inHeader(['fewa'], '1234', none), refused],
  ['GNU, a hole', inHeader([], '0031', none), '.'.repeat(0o31)],
  ['GNU, a size that is no octal number', inHeader([], '80', none), refused],
  [
    'GNU, two parts',
    inHeader(
      [
        [0, 0],
        [1, 1],
      ],
      '0003',
      padToBlocks('a'),
      1,
    ),
    '.a.',
  ],
  [
    'GNU, parts behind an empty one',
    inHeader([[0, 0], [1, 1], '', 'blah'], '0003', padToBlocks('a'), 1),
    '.a.',
  ],
  ['GNU, four parts', inHeader(six.slice(0, 4), '0010', padToBlocks('abcd'), 4), 'a.b.c.d.'],
  [
    'GNU, six parts',
    inHeader(six, '0014', Buffer.concat([mapBlock(six.slice(4)), padToBlocks('abcdef')]), 6),
    'a.b.c.d.e.f.',
  ],
  ['GNU, six parts, cut behind the header', inHeader(six, '0014', none, 6).subarray(0, 512), refused],
  [
    'GNU, six parts, cut in the block',
    inHeader(six, '0014', mapBlock(six.slice(4)), 6).subarray(0, 768),
    refused,
  ],
  ['the flag of GNU in an archive that is not GNU', archive(header({ flag: 'S', name: 'sparse' })), refused],
]

const sparse: Row<Buffer>[] = [
  ...agreeingRows('go', contents),
  ...agreeingRows('go', maps),
  ...agreeingRows('go', oldGnu),
  ...differingRows('go', [
    [
      'a size smaller than the map, 10 GiB',
      recorded(
        { major: '0', minor: '0', numblocks: '1', map: '10737418240,512', size: '10737418240' },
        'x'.repeat(512),
      ),
      '10737418240 bytes, 512 at 10737418240',
      refused,
      'Only the map is read there; Go refuses the file as well, where it compares the two.',
    ],
  ]),
]

export const sparseFiles: Table<Buffer> = {
  title: 'Sparse files',
  about:
    'The input is an archive of one sparse file; the meaning is its content, holes as points, or its parts.',
  rows: sparse,
}
