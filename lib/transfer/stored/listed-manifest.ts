/**
 * Determines the manifest that a name in the store refers to. Readers of OCI layouts, such as skopeo and umoci, do not
 * support Docker media types. So the name of a schema 2 image refers to an OCI manifest with the same config and
 * layers; the original manifest is stored too.
 */
import type { Buffer } from 'node:buffer'
import { type Descriptor, type ImageDocument, mediaTypes, ociManifestOf } from '../../image/index.js'

/** Annotation on a name: the digest of the original manifest, if the name refers to a different one. */
export const servedAnnotation = 'io.windlass.manifest.digest'

/** A manifest with its descriptor, as it is listed under a name. */
export interface ListedManifest {
  readonly descriptor: Descriptor
  readonly bytes: Buffer
}

/**
 * Returns the manifest to list for an image: an equivalent OCI manifest for a schema 2 image, otherwise the image's
 * own.
 */
export function listedManifest({ descriptor, bytes, manifest }: ImageDocument): ListedManifest {
  if (descriptor.mediaType !== mediaTypes.dockerManifest) return { descriptor, bytes }
  const listed = ociManifestOf(manifest)
  const annotations = { ...descriptor.annotations, [servedAnnotation]: descriptor.digest }
  return { bytes: listed.bytes, descriptor: { ...listed.descriptor, annotations } }
}
