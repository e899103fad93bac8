/** Results of Go's archive/tar tests for whole archives. Each archive is rebuilt from its description in the tests. */
import {
  archive,
  base256,
  padToBlocks,
  endOfArchive,
  entry,
  header,
  pax,
  paxRecord,
} from '../../../archives/archive.js'
import { oldGnu, pax00, pax01, pax10 } from '../../../archives/sparse-writers.js'
import { type Row, type Table, agreeingRows, differingRows, refused } from '../../row.js'

const small = { name: 'small.txt', mode: 0o640, uid: 73025, gid: 5000, mtime: 1244428340 }
export const two = (magic: 'gnu' | 'ustar' | 'v7' | 'star'): Buffer =>
  archive(entry({ ...small, magic }, 'Kilts'), entry({ ...small, name: 'small2.txt', magic }, 'Google.com\n'))

const long = `a/${Array.from({ length: 100 }, (_, n) => n + 1).join('')}`
const longName = (flag: 'L' | 'K', text: string): Buffer =>
  entry({ flag, name: '././@LongLink', magic: 'gnu' }, text)

export const letters = Array.from({ length: 95 }, (_, n) => ({
  offset: 2 * n + 1,
  bytes: n % 2 === 0 ? 'G' : 'o',
}))
/** A header as Go's writer makes it, with the GNU magic and an unused negative device number. */
const gnuOfGo = { magic: 'gnu', minor: base256(-1n, 8) } as const

type Line = readonly [label: string, given: Buffer, meaning: string]

/** A pax header with the body `text`, unchanged. */
const rawPax = (text: string): Buffer => entry({ flag: 'x', name: 'PaxHeaders/a' }, text)
const nilSparse = (size: string, map: string, body: Buffer): Buffer =>
  archive(
    pax([
      ['size', size],
      ['GNU.sparse.major', '1'],
      ['GNU.sparse.minor', '0'],
      ['GNU.sparse.realsize', '1000'],
      ['GNU.sparse.name', 'sparse.db'],
    ]),
    header({ name: 'GNUSparseFile.0/sparse.db', size: Number(size) }),
    padToBlocks(map),
    body,
  )

const headerOnly = ['1', '2', '3', '4', '5', '6'] as const

const read: readonly Line[] = [
  ['two files, GNU', two('gnu'), 'file small.txt 5; file small2.txt 11'],
  ['two files, star', two('star'), 'file small.txt 5; file small2.txt 11'],
  ['two files, v7', two('v7'), 'file small.txt 5; file small2.txt 11'],
  ['a sparse file, old GNU', archive(oldGnu(letters, 200)), 'file sparse 200'],
  ['a sparse file, pax 0.0', archive(pax00(letters, 200)), 'file sparse 200'],
  ['a sparse file, pax 0.1', archive(pax01(letters, 200)), 'file sparse 200'],
  ['a sparse file, pax 1.0', archive(pax10(letters, 200)), 'file sparse 200'],
  [
    'a long name and a long target, pax',
    archive(
      pax([
        ['path', long],
        ['mtime', '1350244992.023960108'],
      ]),
      entry({ name: 'short' }, 'content'),
      pax([['linkpath', long.slice(2)]]),
      header({ flag: '2', name: 'a/b', link: 'short' }),
    ),
    `file ${long} 7; symlink a/b to ${long.slice(2)}`,
  ],
  [
    'a pax size of 999 with leading zeros',
    archive(
      pax([['size', '000000000000000000000999']]),
      header({ name: 'foo' }),
      padToBlocks('x'.repeat(999)),
    ),
    'file foo 999',
  ],
  [
    'pax records of no meaning',
    archive(
      pax([
        ['GOLANG.pkg', 'tar'],
        ['comment', 'Hello'],
        ['uname', 'long'.repeat(10)],
      ]),
      header({ name: 'file' }),
    ),
    'file file 0',
  ],
  [
    'global pax headers between files',
    archive(
      pax(
        [
          ['path', 'global1'],
          ['mtime', '1500000000.0'],
        ],
        'g',
      ),
      header({ name: 'file1' }),
      pax([['path', 'file2']]),
      header({ name: 'file0' }),
      pax([['path', '']], 'g'),
      header({ name: 'file3' }),
      pax([['mtime', '1400000000']]),
      header({ name: 'file4' }),
    ),
    'file file1 0; file file2 0; file file3 0; file file4 0',
  ],
  [
    'a uid of NULs',
    archive(entry({ name: 'P1050238.JPG.log', magic: 'gnu', uid: Buffer.alloc(8) }, 'fourteen bytes')),
    'file P1050238.JPG.log 14',
  ],
  [
    'extended attributes, one with a NUL',
    archive(
      pax([
        ['SCHILY.xattr.user.key', 'value'],
        ['SCHILY.xattr.security.selinux', 'unconfined_u:object_r:default_t:s0\0'],
      ]),
      entry({ name: 'small.txt' }, 'Kilts'),
    ),
    'file small.txt 5 user.key=value security.selinux=unconfined_u:object_r:default_t:s0\0',
  ],
  [
    'several GNU long names: the last one counts',
    archive(
      longName('L', 'GNU1/GNU1/long-path-name\0'),
      longName('K', 'GNU3/GNU3/long-linkpath-name\0'),
      longName('L', 'GNU2/GNU2/long-path-name\0'),
      longName('K', 'GNU4/GNU4/long-linkpath-name\0'),
      header({ flag: '2', name: 'foo', link: 'bar', magic: 'gnu' }),
    ),
    'symlink GNU2/GNU2/long-path-name to GNU4/GNU4/long-linkpath-name',
  ],
  [
    'several pax headers: the last one counts alone',
    archive(
      pax([['path', 'PAX1/PAX1/long-path-name']]),
      pax([['linkpath', 'PAX4/PAX4/long-linkpath-name']]),
      header({ flag: '2', name: 'bar', link: 'foo' }),
    ),
    'symlink bar to PAX4/PAX4/long-linkpath-name',
  ],
  [
    'a GNU long name with a NUL inside',
    archive(longName('L', '0123456789\0abcdef\0'), header({ name: 'x', magic: 'gnu' })),
    'file 0123456789 0',
  ],
  [
    'a GNU name in UTF-8',
    archive(header({ name: Buffer.from('☺☻☹').toString('latin1'), ...gnuOfGo })),
    `file ${Buffer.from('☺☻☹').toString('latin1')} 0`,
  ],
  [
    'a GNU name that is not UTF-8',
    archive(header({ name: 'hi\x80\x81\x82\x83bye', ...gnuOfGo })),
    'file hi\x80\x81\x82\x83bye 0',
  ],
  [
    'a prefix where GNU has times, as Go before 1.8 wrote it',
    archive(header({ name: 'foo', magic: 'gnu', uid: base256(0o10000000n, 8), prefix: 'a'.repeat(100) })),
    `file ${'a'.repeat(100)}/foo 0`,
  ],
  ['device numbers of a file', archive(header({ name: 'file', major: 1, minor: 1 })), 'file file 0'],
  [
    'a sparse file of one part, old GNU',
    archive(oldGnu([{ offset: 0, bytes: '*'.repeat(1000) }], 1000)),
    'file sparse 1000',
  ],
  ['a sparse file that is a hole, old GNU', archive(oldGnu([], 1000)), 'file sparse 1000'],
  [
    'a sparse file of one part, pax 1.0',
    nilSparse('1512', '1\n0\n1000\n', padToBlocks('*'.repeat(1000))),
    'file sparse.db 1000',
  ],
  [
    'a sparse file that is a hole, pax 1.0',
    nilSparse('512', '1\n1000\n0\n', Buffer.alloc(0)),
    'file sparse.db 1000',
  ],
  [
    'a long name that ends in a slash',
    archive(pax([['path', '123456789/'.repeat(30)]]), header({ flag: '5', name: '123456789/' })),
    `directory ${'123456789/'.repeat(30)}`,
  ],
  ...headerOnly.map((flag): Line => {
    const types = ['hardlink', 'symlink', 'character-device', 'block-device', 'directory', 'fifo']
    const type = types[Number(flag) - 1] ?? ''
    const link = flag === '1' || flag === '2' ? 'x' : ''
    return [
      `a ${type} that says to have a size`,
      archive(header({ flag, name: 'a', link, size: 512 }), header({ name: 'next' })),
      `${type} a${link === '' ? '' : ' to x'}; file next 0`,
    ]
  }),
  [
    'pax path, uid and mtime',
    archive(
      pax([
        ['path', 'a/b/c'],
        ['uid', '1000'],
        ['mtime', '1350244992.023960108'],
      ]),
      header({ name: 'x' }),
    ),
    'file a/b/c 0',
  ],
]

const unread: readonly (readonly [string, Buffer])[] = [
  ['a pax record whose length lies', archive(rawPax('5 path=a\n'), header())],
  ['a pax mtime that is no time', archive(pax([['mtime', 'soon']]), header())],
  ['a NUL in the name of an extended attribute', archive(pax([['SCHILY.xattr.null\0null', 'x']]), header())],
  ['a NUL in a pax path', archive(pax([['path', 'null\0null']]), header())],
  ['a size below zero', archive(header({ size: base256(-1024n, 12) }))],
  [
    'a pax header with a size below zero',
    archive(header({ flag: 'x', size: base256(-1024n, 12) }), header()),
  ],
  ['a pax header that is cut off', archive(header({ flag: 'x', size: 4096 }))],
  ['a checksum that is wrong', Buffer.concat([header().fill(0x39, 0, 8), endOfArchive])],
  ['a mode that is no number', archive(header({ mode: Buffer.from('0000999\0') }))],
  ['a pax gid that is no number', archive(pax([['gid', 'gtgergergersagersgers']]), header())],
  ['a pax header without its length', archive(rawPax(paxRecord('path', 'a').slice(2)), header())],
]

const listed: Row<Buffer>[] = [
  ...agreeingRows('go', read),
  ...agreeingRows(
    'go',
    unread.map(([label, given]) => [label, given, refused] as const),
  ),
  ...differingRows('go', [
    [
      'a directory dump, GNU incremental',
      archive(
        header({ flag: 'D', name: 'test2/', magic: 'gnu', size: 14 }),
        padToBlocks('Yfoo\0Nsparse\0\0'),
      ),
      'dump test2/ 14',
      refused,
      'No layer has one; container-libs and umoci refuse it too.',
    ],
  ]),
]

export const archives: Table<Buffer> = {
  title: 'Archives',
  about:
    'The input is an archive, built from what the tests say is in it; the meaning is its entries with their sizes.',
  rows: listed,
}
