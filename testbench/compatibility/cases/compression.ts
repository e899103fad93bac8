/** Cases of layer compression: all variants of gzip and zstd, and layers whose type is wrong. */
import { gzipSync } from 'node:zlib'
import { mediaTypes } from '../../../lib/image/documents/media-types.js'
import { casesOf } from '../case.js'
import type { CaseHost } from '../case-host.js'
import { zstdFrame, zstdSkippableFrame } from '../zstd-frames.js'

const compression = casesOf('compression')

interface CompressionOptions {
  readonly mediaType?: string
  readonly why?: string
  readonly expected?: 'LIMIT_EXCEEDED'
}

/** An image of one layer. `compress` makes the blob from its archive. */
const layer = (id: string, what: string, compress: (tar: Buffer) => Buffer, options: CompressionOptions) => {
  const { mediaType = mediaTypes.ociLayerGzip, why = 'the format allows it', ...rest } = options
  return compression(id, `a layer ${what}`, { why, ...rest }, (host: CaseHost) => {
    const { tar } = host.layerOf()
    host.putImage({ layers: [host.putLayer({ tar, bytes: compress(tar) }, mediaType)] })
  })
}

const zstd = { mediaType: mediaTypes.ociLayerZstd }
const half = (tar: Buffer): [Buffer, Buffer] => [tar.subarray(0, 700), tar.subarray(700)]

/** A gzip member with an extra field, a name and a comment, but no header checksum (RFC 1952). */
const gzipWithFields = (tar: Buffer): Buffer => {
  const plain = gzipSync(tar)
  const flags = Buffer.from([...plain.subarray(0, 3), 0x04 | 0x08 | 0x10, ...plain.subarray(4, 10)])
  const extra = Buffer.from([4, 0, 0x53, 0x5a, 0, 0])
  return Buffer.concat([flags, extra, Buffer.from('layer.tar\0a comment\0'), plain.subarray(10)])
}

const itself = 'it is told by what it is'

export const compressionCases = [
  layer('plain', 'that is not compressed', (tar) => tar, { mediaType: mediaTypes.ociLayer }),
  layer('zstd', 'in zstd', (tar) => zstdFrame(tar), zstd),
  layer(
    'zstd-window-128-mib',
    'in zstd with a window of 128 MiB, as `zstd --long` makes it',
    (tar) => zstdFrame(tar, { windowLog: 27 }),
    {
      ...zstd,
      why: 'every decoder of zstd takes that by default',
    },
  ),
  layer(
    'zstd-window-64-mib',
    'in zstd with a window of 64 MiB, as `zstd --ultra -22` may make it',
    (tar) => zstdFrame(tar, { windowLog: 26 }),
    {
      ...zstd,
    },
  ),
  layer('zstd-window-2-gib', 'in zstd with a window of 2 GiB', (tar) => zstdFrame(tar, { windowLog: 31 }), {
    ...zstd,
    expected: 'LIMIT_EXCEEDED',
    why: 'a window is memory; decoders refuse more than 128 MiB unless told otherwise',
  }),
  layer(
    'zstd-frames',
    'in zstd of several frames',
    (tar) => Buffer.concat(half(tar).map((part) => zstdFrame(part))),
    zstd,
  ),
  layer(
    'zstd-skippable-first',
    'in zstd behind a skippable frame',
    (tar) => Buffer.concat([zstdSkippableFrame('first'), zstdFrame(tar)]),
    zstd,
  ),
  layer(
    'zstd-skippable-between',
    'in zstd with skippable frames between and behind',
    (tar) => {
      const [a, b] = half(tar)
      return Buffer.concat([
        zstdFrame(a),
        zstdSkippableFrame('between'),
        zstdFrame(b),
        zstdSkippableFrame('zstd:chunked has its table here'),
      ])
    },
    { ...zstd },
  ),
  layer(
    'zstd-empty-frame',
    'in zstd with an empty frame at its end',
    (tar) => Buffer.concat([zstdFrame(tar), zstdFrame(Buffer.alloc(0))]),
    zstd,
  ),
  layer(
    'gzip-members',
    'in gzip of several members, as pigz and estargz make it',
    (tar) => Buffer.concat(half(tar).map((part) => gzipSync(part))),
    {},
  ),
  layer(
    'gzip-empty-member',
    'in gzip with an empty member at its end',
    (tar) => Buffer.concat([gzipSync(tar), gzipSync(Buffer.alloc(0))]),
    {},
  ),
  layer('gzip-fields', 'in gzip with an extra field, a name and a comment', gzipWithFields, {}),
  layer(
    'gzip-many-members',
    'in gzip of a member for each 100 bytes',
    (tar) => {
      const parts: Buffer[] = []
      for (let at = 0; at < tar.length; at += 100) parts.push(gzipSync(tar.subarray(at, at + 100)))
      return Buffer.concat(parts)
    },
    {},
  ),
  layer('plain-called-gzip', 'that is not compressed, though its type says gzip', (tar) => tar, {
    why: itself,
  }),
  layer(
    'gzip-called-plain',
    'in gzip, though its type says that it is not compressed',
    (tar) => gzipSync(tar),
    { mediaType: mediaTypes.ociLayer, why: itself },
  ),
  layer('zstd-called-gzip', 'in zstd, though its type says gzip', (tar) => zstdFrame(tar), {
    why: itself,
  }),
  layer('zstd-of-docker', "in zstd, of Docker's type for it", (tar) => zstdFrame(tar), {
    mediaType: mediaTypes.dockerLayerZstd,
  }),
  layer('type-in-upper-case', 'whose media type is in upper case', (tar) => gzipSync(tar), {
    mediaType: mediaTypes.ociLayerGzip.toUpperCase(),
    why: 'media types have no case',
  }),
]
