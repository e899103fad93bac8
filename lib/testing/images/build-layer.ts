/** Builds a layer: its archive, its blob and both digests. */
import { type Digest, digestOf } from '../../image/digest/digest.js'
import { type Compression, mediaTypes } from '../../image/documents/media-types.js'
import { compress } from './compress.js'
import type { LayerEntry } from './layer-entry.js'
import { packEntries } from './pack-entries.js'

/** Media types of a built image: OCI or Docker schema 2. */
export type ImageFormat = 'oci' | 'docker'

/** Content of a layer: entries, or a tar archive, for example from `packDirectory` or a deliberately malformed one. */
export type LayerSpec = ({ readonly entries: Iterable<LayerEntry> } | { readonly tar: Buffer }) & {
  /** Compression of this layer. Default: that of the image. */
  readonly compression?: Compression
  /** `created_by` in the history of the config. */
  readonly createdBy?: string
}

/** A layer that `buildLayer` has built. */
export interface BuiltLayer {
  readonly mediaType: string
  /** Digest of the blob. */
  readonly digest: Digest
  /** Digest of the uncompressed archive. */
  readonly diffID: Digest
  /** Size of the blob in bytes. */
  readonly size: number
  /** The blob. */
  readonly bytes: Buffer
  /** The uncompressed archive. */
  readonly tar: Buffer
}

const layerTypes: Record<ImageFormat, Record<Compression, string>> = {
  oci: { none: mediaTypes.ociLayer, gzip: mediaTypes.ociLayerGzip, zstd: mediaTypes.ociLayerZstd },
  docker: {
    none: mediaTypes.dockerLayer,
    gzip: mediaTypes.dockerLayerGzip,
    zstd: mediaTypes.dockerLayerZstd,
  },
}

/** Builds a layer. `compression` applies if `spec` does not define its own. */
export function buildLayer(spec: LayerSpec, format: ImageFormat, compression: Compression): BuiltLayer {
  const used = spec.compression ?? compression
  const tar = 'tar' in spec ? spec.tar : packEntries(spec.entries)
  const bytes = compress(tar, used)
  return {
    mediaType: layerTypes[format][used],
    digest: digestOf(bytes),
    diffID: digestOf(tar),
    size: bytes.length,
    bytes,
    tar,
  }
}
