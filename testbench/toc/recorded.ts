/**
 * Provides layers with tables of contents that other tools wrote. All have the same tree, with links, a fifo, a device,
 * a file of several chunks, a sparse file, a name that is not ASCII, and an extended attribute.
 *
 * They were created with skopeo 1.22.0 (`copy --dest-compress-format zstd:chunked --dest-force-compress-format`) and
 * with ctr-remote 0.12.0 (`images convert --oci --estargz-chunk-size 100000` with `--estargz` and `--zstdchunked`).
 * They are stored, because the skopeo of Debian 12 hangs while it writes the format, and ctr-remote needs a running
 * containerd.
 */
import { readFileSync } from 'node:fs'
import { digestOf } from '../../lib/image/index.js'
import type { EncodedLayer } from './encoded-layer.js'

const recorded = (
  name: string,
  mediaType: string,
  annotations: Readonly<Record<string, string>>,
): EncodedLayer => {
  const bytes = readFileSync(new URL(`recorded/${name}.layer`, import.meta.url))
  return { bytes, mediaType, annotations, digest: digestOf(bytes), size: bytes.length }
}

const gzip = 'application/vnd.oci.image.layer.v1.tar+gzip'
const zstd = 'application/vnd.oci.image.layer.v1.tar+zstd'

/** The layers by the tool and the format. */
export const recordedLayers = {
  'zstd:chunked of skopeo': recorded('skopeo-zstd-chunked', zstd, {
    'io.github.containers.zstd-chunked.manifest-checksum':
      'sha256:835395cac686ebeb91a98ffda09b545c3515da43a58175110c6472523c650ed8',
    'io.github.containers.zstd-chunked.manifest-position': '54484:1010:3148:1',
    'io.github.containers.zstd-chunked.tarsplit-position': '55502:1290:26657',
  }),
  'eStargz of ctr-remote': recorded('ctr-remote-estargz', gzip, {
    'containerd.io/snapshot/stargz/toc.digest':
      'sha256:6b8d5b634a9c54c9569225ef45d5573cae263f0861f1362c37da5ef3e7f94297',
    'io.containers.estargz.uncompressed-size': '535552',
  }),
  'zstd:chunked of ctr-remote': recorded('ctr-remote-zstd-chunked', zstd, {
    'containerd.io/snapshot/stargz/toc.digest':
      'sha256:cece7ac8446e58f9ecf3624271ea21842efb3900e57f2d8837b96572ddee8851',
    'io.containers.estargz.uncompressed-size': '529408',
    'io.containers.zstd-chunked.manifest-checksum':
      'sha256:eb7843be916a0601fee5cfbc3e6370542ae1537ad7d9d4ad74eeb808ae95b971',
    'io.containers.zstd-chunked.manifest-position': '68705:1168:4503:1',
  }),
} as const satisfies Record<string, EncodedLayer>
