/**
 * The manifest and the config that a schema 1 image has today. The same image always gives the same bytes: nothing of the
 * signatures, of who served it, or of the time goes in.
 */
import { Buffer } from 'node:buffer'
import { WindlassError } from '../../errors.js'
import { type ManifestDocument, decideManifest } from './decide-manifest.js'
import type { Descriptor } from '../documents/descriptor.js'
import { type Digest, digestOf } from '../digest/digest.js'
import type { ImageManifest } from '../documents/image-manifest.js'
import { checkConfigAgainstLayers } from '../documents/image-config.js'
import { defaultLimits } from '../../limits.js'
import { mediaTypes } from '../documents/media-types.js'
import { type Schema1Config, makeSchema1Config } from '../schema1/config.js'
import type { Schema1Image } from '../schema1/image.js'

export interface Schema1Conversion {
  readonly document: ManifestDocument & { readonly kind: 'image'; readonly manifest: ImageManifest }
  readonly config: Schema1Config & { readonly diffIDs: readonly Digest[] }
}

/** A layer whose bytes have been seen. */
export interface SeenLayer {
  readonly descriptor: Descriptor
  readonly diffID: Digest
}

/**
 * An OCI manifest, as containerd makes: one that every tool of today reads. `layers` are base first, those of `image`.
 * Throws `CONFIG_INVALID`; `ROOTFS_MISMATCH` where `layers` are not all of the image's.
 */
export function convertSchema1(
  image: Schema1Image,
  layers: readonly SeenLayer[],
  reference: string,
): Schema1Conversion {
  if (layers.length !== image.layers.length)
    throw new WindlassError(
      'ROOTFS_MISMATCH',
      `Converting ${reference} from schema 1: it has ${image.layers.length} layers, and ${layers.length} of them are here`,
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
  const document = decideManifest({
    bytes,
    contentType: mediaTypes.ociManifest,
    host: 'its conversion',
    reference,
    limits: { ...defaultLimits, manifestBytes: Infinity },
  })
  if (document.kind !== 'image') throw new TypeError('an image manifest was just made')
  return { document, config: { ...config, diffIDs } }
}
