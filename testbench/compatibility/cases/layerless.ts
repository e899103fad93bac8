/** Cases of images with a config and without layers. */
import { gzipSync } from 'node:zlib'
import { mediaTypes } from '../../../lib/image/documents/media-types.js'
import { casesOf } from '../case.js'
import type { ImageParts } from '../case-host.js'

const layerless = casesOf('layerless')

const why = 'an image is its config: a tree may be empty'

const bare = (id: string, what: string, parts: ImageParts) =>
  layerless(id, `an image ${what}`, { why }, (host) => host.putImage({ layers: [], ...parts }))

const empty = [
  { created: '2024-01-01T00:00:00Z', created_by: 'LABEL a=b', empty_layer: true },
  { created: '2024-01-01T00:00:00Z', created_by: 'CMD ["x"]', empty_layer: true },
]

export const layerlessCases = [
  bare('layers-empty', 'whose `layers` and `diff_ids` are empty', {}),
  bare('layers-null', 'whose `layers` are null', { manifest: { layers: null } }),
  bare('layers-missing', 'whose manifest has no `layers`', { manifest: { layers: undefined } }),
  bare('diff-ids-null', 'whose `diff_ids` are null', { rootfs: { diff_ids: null } }),
  bare('diff-ids-missing', 'whose `rootfs` has no `diff_ids`', { rootfs: { diff_ids: undefined } }),
  bare('layers-and-diff-ids-null', 'whose `layers` and `diff_ids` are null', {
    manifest: { layers: null },
    rootfs: { diff_ids: null },
  }),
  bare('rootfs-null', 'whose `rootfs` is null', { config: { rootfs: null } }),
  bare('history-all-empty', 'of which every history entry is of an empty layer', {
    config: { history: empty },
  }),
  bare('layerless-docker', 'of Docker types, without layers', {
    manifest: { mediaType: mediaTypes.dockerManifest },
    configDescriptor: { mediaType: mediaTypes.dockerConfig },
    contentType: mediaTypes.dockerManifest,
    config: { history: empty },
  }),
  layerless(
    'layer-of-nothing',
    'an image whose only layer is an empty archive, two zero blocks',
    { why: 'an archive without entries is one' },
    (host) => {
      const tar = Buffer.alloc(1024)
      host.putImage({ layers: [host.putLayer({ tar, bytes: gzipSync(tar) })] })
    },
  ),
  layerless(
    'layers-in-config-alone',
    'a manifest without layers whose config has a diffID',
    { expected: 'ROOTFS_MISMATCH', why: 'manifest and config contradict each other in what would be run' },
    (host) => host.putImage({ manifest: { layers: [] } }),
  ),
]
