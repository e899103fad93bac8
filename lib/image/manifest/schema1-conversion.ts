/**
 * Converts schema 1 images to OCI images. The result is deterministic: it does not depend on signatures, the host or
 * the time.
 */
import { Buffer } from 'node:buffer'
import { WindlassError } from '../../errors.js'
import { type ManifestDocument, parseManifest } from './parse-manifest.js'
import type { Descriptor } from '../documents/descriptor.js'
import { type Digest, digestOf } from '../digest/digest.js'
import type { ImageManifest } from '../documents/image-manifest.js'
import { checkConfigAgainstLayers } from '../documents/image-config.js'
import { defaultLimits } from '../../limits.js'
import { mediaTypes } from '../documents/media-types.js'
import { type Schema1Config, makeSchema1Config } from '../schema1/config.js'
import type { Schema1Image } from '../schema1/image.js'

/** The OCI manifest and config of a schema 1 image. */
export interface Schema1Conversion {
  readonly document: ManifestDocument & { readonly kind: 'image'; readonly manifest: ImageManifest }
  readonly config: Schema1Config & { readonly diffIDs: readonly Digest[] }
}

/** A layer that has been downloaded, so that its size and diffID are known. */
export interface IdentifiedLayer {
  readonly descriptor: Descriptor
  readonly diffID: Digest
}

/**
 * Converts a schema 1 image to an OCI manifest and config, as containerd does.
 * @param layers all layers of `image`, base layer first
 * @param reference for messages
 * @throws CONFIG_INVALID if the v1 configs are not valid
 * @throws ROOTFS_MISMATCH if `layers` do not match `image`
 */
export function convertSchema1(
  image: Schema1Image,
  layers: readonly IdentifiedLayer[],
  reference: string,
): Schema1Conversion {
  if (layers.length !== image.layers.length)
    throw new WindlassError(
      'ROOTFS_MISMATCH',
      `Failed to convert ${reference} from schema 1: it has ${image.layers.length} layers, and ${layers.length} of them are in the store`,
      { reference },
    )
  const diffIDs = layers.map(({ diffID }) => diffID)
  const config = makeSchema1Config(image, diffIDs, reference)
  checkConfigAgainstLayers(config.config, layers, { reference })
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: {
        mediaType: mediaTypes.ociConfig,
        digest: digestOf(config.bytes),
        size: config.bytes.length,
      },
      layers: layers.map(({ descriptor: { mediaType, digest, size } }) => ({ mediaType, digest, size })),
    }),
  )
  const document = parseManifest({
    bytes,
    contentType: mediaTypes.ociManifest,
    host: 'its conversion', // instead of a host, for messages
    reference,
    limits: { ...defaultLimits, manifestBytes: Infinity },
  })
  if (document.kind !== 'image') throw new TypeError('The conversion is not an image manifest')
  return { document, config: { ...config, diffIDs } }
}
