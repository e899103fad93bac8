/** Builds one layer: its archive, its blob, and both digests. */
import { type Digest, digestOf } from '../../image/digest/digest.js'
import { type Compression, mediaTypes } from '../../image/documents/media-types.js'
import { compress } from './compress.js'
import type { LayerEntry } from './layer-entry.js'
import { packEntries } from './pack-entries.js'

export type ImageFormat = 'oci' | 'docker'

/** What is in the layer: entries in code, or a whole archive (`packDirectory`, or one that is broken on purpose). */
export type LayerSpec = ({ readonly entries: Iterable<LayerEntry> } | { readonly tar: Buffer }) & {
  /** This layer's own; else the image's. */
  readonly compression?: Compression
  /** What made the layer, for the config's history. */
  readonly createdBy?: string
}

export interface BuiltLayer {
  readonly mediaType: string
  /** Of the blob. */
  readonly digest: Digest
  /** Of the archive in it. */
  readonly diffID: Digest
  /** Of the blob, in bytes. */
  readonly size: number
  readonly bytes: Buffer
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
