/** Results of Go's archive/tar tests for archives that end early or have trailing data. */
import { endOfArchive, entry, pax } from '../../../archives/archive.js'
import { oldGnu, pax00 } from '../../../archives/sparse-writers.js'
import { type Table, agreeingRows } from '../../row.js'
import { letters, two } from './archives.js'

type Line = readonly [label: string, given: Buffer, meaning: string]

const data1 = two('gnu')
const data2 = Buffer.concat([entry({ name: 'foo' }, 'x'.repeat(684)), Buffer.alloc(10 * 512)])
const trash = Buffer.from('garbage '.repeat(64))
const lonePax = pax([['path', 'a/b/c']])
const sparseFiles = [oldGnu(letters, 200), pax00(letters, 200)]
const sparse = Buffer.concat(sparseFiles)
const [first = 0] = sparseFiles.map(({ length }) => length)
const plus = (bytes: Buffer, more: Buffer): Buffer => Buffer.concat([bytes, more])

const cuts: readonly Line[] = [
  ['nothing at all', Buffer.alloc(0), '0 entries'],
  ['511 bytes of a header', data1.subarray(0, 511), '0 entries, then refused'],
  ['a header without its data', data1.subarray(0, 512), '1 entries, then refused'],
  ['one file, cut behind its padding', data1.subarray(0, 1024), '1 entries'],
  ['a second header without its data', data1.subarray(0, 1536), '2 entries, then refused'],
  ['two files, cut behind the padding', data1.subarray(0, 2048), '2 entries'],
  ['two files', data1, '2 entries'],
  ['two files and another archive', plus(data1.subarray(0, 2048), data2.subarray(0, 1536)), '3 entries'],
  ['511 bytes of another header', data2.subarray(0, 511), '0 entries, then refused'],
  ['another header without its data', data2.subarray(0, 512), '1 entries, then refused'],
  ['a file without its last byte', data2.subarray(0, 1195), '1 entries, then refused'],
  ['a file without its padding', data2.subarray(0, 1196), '1 entries'],
  ['a file with four bytes of padding', data2.subarray(0, 1200), '1 entries'],
  ['a file without its last byte of padding', data2.subarray(0, 1535), '1 entries'],
  ['a file with its padding', data2.subarray(0, 1536), '1 entries'],
  ['a byte of rubbish', plus(data2.subarray(0, 1536), trash.subarray(0, 1)), '1 entries, then refused'],
  ['511 bytes of rubbish', plus(data2.subarray(0, 1536), trash.subarray(0, 511)), '1 entries, then refused'],
  ['a block of rubbish', plus(data2.subarray(0, 1536), trash), '1 entries, then refused'],
  ['one block of zeros', data2.subarray(0, 2048), '1 entries'],
  [
    'one block of zeros and a byte',
    plus(data2.subarray(0, 2048), trash.subarray(0, 1)),
    '1 entries, then refused',
  ],
  [
    'one block of zeros and 511 bytes',
    plus(data2.subarray(0, 2048), trash.subarray(0, 511)),
    '1 entries, then refused',
  ],
  ['one block of zeros and rubbish', plus(data2.subarray(0, 2048), trash), '1 entries, then refused'],
  ['two blocks of zeros', data2.subarray(0, 2560), '1 entries'],
  ['two blocks of zeros and a byte', plus(data2.subarray(0, 2560), trash.subarray(0, 1)), '1 entries'],
  ['two blocks of zeros and 511 bytes', plus(data2.subarray(0, 2560), trash.subarray(0, 511)), '1 entries'],
  ['two blocks of zeros and rubbish', plus(data2.subarray(0, 2560), trash), '1 entries'],
  ['three blocks of zeros', data2.subarray(0, 3072), '1 entries'],
  ['a pax header alone', lonePax, '0 entries'],
  ['a pax header and a byte', plus(lonePax, trash.subarray(0, 1)), '0 entries, then refused'],
  ['a pax header and 511 bytes', plus(lonePax, trash.subarray(0, 511)), '0 entries, then refused'],
  ['511 bytes of a sparse header', sparse.subarray(0, 511), '0 entries, then refused'],
  ['a sparse header without its map', sparse.subarray(0, 512), '0 entries, then refused'],
  ['a sparse file', sparse.subarray(0, first), '1 entries'],
  [
    'a sparse file and its pax header without the last padding',
    sparse.subarray(0, sparse.length - 1040),
    '1 entries',
  ],
  ['a sparse file and the pax header of another', sparse.subarray(0, sparse.length - 1024), '1 entries'],
  [
    'a second sparse header without its data',
    sparse.subarray(0, sparse.length - 512),
    '2 entries, then refused',
  ],
  ['two sparse files', sparse, '2 entries'],
  ['two sparse files and rubbish behind the end', Buffer.concat([sparse, endOfArchive, trash]), '2 entries'],
]

export const cutArchives: Table<Buffer> = {
  title: 'Archives that end early or late',
  about:
    'The input is an archive that is cut or has something behind it; the meaning is how many entries are read.',
  rows: agreeingRows('go', cuts),
}
