/** Converts Docker's schema 2 manifests to OCI manifests. Tools that read image layouts ignore Docker's media types. */
import { Buffer } from 'node:buffer'
import type { Descriptor } from './descriptor.js'
import { digestOf } from '../digest/digest.js'
import type { ImageManifest } from './image-manifest.js'
import { mediaTypes } from './media-types.js'

const ociLayerTypes: Readonly<Record<string, string>> = {
  [mediaTypes.dockerLayer]: mediaTypes.ociLayer,
  [mediaTypes.dockerLayerGzip]: mediaTypes.ociLayerGzip,
  [mediaTypes.dockerLayerZstd]: mediaTypes.ociLayerZstd,
  [mediaTypes.dockerForeignLayer]: mediaTypes.ociForeignLayer,
  [mediaTypes.dockerForeignLayerGzip]: mediaTypes.ociForeignLayerGzip,
}

/** A serialised OCI manifest and its descriptor. */
export interface OciManifest {
  readonly descriptor: Descriptor
  readonly bytes: Buffer
}

/**
 * Converts a manifest: replaces Docker's media types by OCI's and keeps other layer types. Config and layers remain the
 * same blobs. The result is deterministic.
 */
export function ociManifestOf({ config, layers, annotations }: ImageManifest): OciManifest {
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, digest: config.digest, size: config.size },
    layers: layers.map(({ mediaType, digest, size, urls }) => ({
      mediaType: ociLayerTypes[mediaType] ?? mediaType,
      digest,
      size,
      ...(urls && { urls }),
    })),
    ...(annotations && { annotations }),
  }
  const bytes = Buffer.from(JSON.stringify(manifest))
  return {
    bytes,
    descriptor: { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.length },
  }
}
