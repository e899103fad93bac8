/** How a layer is compressed, told by its first bytes: media types lie, and old registries say nothing at all. */
import { WindlassError } from '../../errors.js'

export type Compression = 'gzip' | 'zstd' | 'none'

/** The number of first bytes that `detectCompression` looks at. */
export const compressionHeadBytes = 10

type Magic = readonly [name: string, bytes: string, from?: number]

const known: Readonly<Record<'gzip' | 'zstd', readonly Magic[]>> = {
  gzip: [['gzip', '1f8b08']],
  // zstd:chunked layers may begin with a skippable frame; its magic is 0x184d2a50 to 0x184d2a5f.
  zstd: [
    ['zstd', '28b52ffd'],
    ['zstd', '2a4d18', 1],
  ],
}

/** What peers or other tools write and no image specification allows. */
const foreign: readonly Magic[] = [
  ['xz', 'fd377a585a00'],
  // With the magic of its first block: a plain archive may well begin with a file named BZh.
  ['bzip2', '314159265359', 4],
  ['bzip2', '177245385090', 4],
  ['lz4', '04224d18'],
  ['lzip', '4c5a4950'],
]

/**
 * @param head the first bytes, `compressionHeadBytes` of them where the data is that long
 * @returns `none` for what is no known compression: a plain archive, or the archive's reader refuses it
 * @throws WindlassError LAYER_INVALID for a compression that images do not have
 */
export function detectCompression(head: Buffer): Compression {
  if (known.gzip.some((magic) => begins(head, magic))) return 'gzip'
  if (known.zstd.some((magic) => begins(head, magic)) && (head[0] === 0x28 || head[0]! >> 4 === 5))
    return 'zstd'
  const other = foreign.find(
    (magic) => begins(head, magic) && (magic[2] !== 4 || head.toString('latin1', 0, 3) === 'BZh'),
  )
  if (other === undefined) return 'none'
  throw new WindlassError(
    'LAYER_INVALID',
    `The layer is compressed with ${other[0]}, which images do not have`,
    {
      hint: 'Layers are plain tar archives or compressed with gzip or zstd (image-spec, layer.md).',
    },
  )
}

function begins(head: Buffer, [, bytes, from = 0]: Magic): boolean {
  const magic = Buffer.from(bytes, 'hex')
  return (
    head.length >= from + magic.length &&
    head.compare(magic, 0, magic.length, from, from + magic.length) === 0
  )
}
