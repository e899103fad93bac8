/**
 * A schema 2 manifest written as an OCI one: the same config, the same layers, OCI's media types. Tools that read
 * image layouts look for OCI's types and do not see Docker's.
 */
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

export interface OciManifest {
  readonly descriptor: Descriptor
  readonly bytes: Buffer
}

/** The same image always gives the same bytes. A layer of a type that is not Docker's keeps it. */
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
