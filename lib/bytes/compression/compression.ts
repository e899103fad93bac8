/**
 * Detects the compression of a layer by its first bytes. Media types are not reliable, and old registries send none.
 */
import { WindlassError } from '../../errors.js'

/** A compression that layers may have. */
export type Compression = 'gzip' | 'zstd' | 'none'

/** Number of bytes that `detectCompression` examines. */
export const compressionHeadBytes = 10

/** The name of a format, and the bytes (in hex) that its data has at the offset `from`, by default 0. */
type Magic = readonly [name: string, bytes: string, from?: number]

const known: Readonly<Record<'gzip' | 'zstd', readonly Magic[]>> = {
  gzip: [['gzip', '1f8b08']],
  // zstd:chunked layers may start with a skippable frame; its magic is 0x184d2a50 to 0x184d2a5f.
  zstd: [
    ['zstd', '28b52ffd'],
    ['zstd', '2a4d18', 1],
  ],
}

/** Compressions that other tools write and no image specification allows. */
const foreign: readonly Magic[] = [
  ['xz', 'fd377a585a00'],
  // The magic of the first block, which follows `BZh` and a digit. `BZh` alone may begin the first file name of a plain
  // archive.
  ['bzip2', '314159265359', 4],
  ['bzip2', '177245385090', 4],
  ['lz4', '04224d18'],
  ['lzip', '4c5a4950'],
]

/**
 * Detects the compression by the first bytes.
 * @param head the first `compressionHeadBytes` bytes, or all bytes of shorter data
 * @returns `none` for an unknown format: a plain archive, or data that the archive reader rejects
 * @throws WindlassError LAYER_INVALID for a compression that layers must not have
 */
export function detectCompression(head: Buffer): Compression {
  if (known.gzip.some((magic) => hasMagic(head, magic))) return 'gzip'
  if (known.zstd.some((magic) => hasMagic(head, magic)) && (head[0] === 0x28 || head[0]! >> 4 === 5))
    return 'zstd'
  // Only the entries of bzip2 have an offset.
  const other = foreign.find(
    (magic) => hasMagic(head, magic) && (magic[2] !== 4 || head.toString('latin1', 0, 3) === 'BZh'),
  )
  if (other === undefined) return 'none'
  throw new WindlassError(
    'LAYER_INVALID',
    `The layer is compressed with ${other[0]}, which images do not use`,
    {
      hint: 'Layers are plain tar archives or compressed with gzip or zstd (image-spec, layer.md).',
    },
  )
}

function hasMagic(head: Buffer, [, bytes, from = 0]: Magic): boolean {
  const magic = Buffer.from(bytes, 'hex')
  return (
    head.length >= from + magic.length &&
    head.compare(magic, 0, magic.length, from, from + magic.length) === 0
  )
}
