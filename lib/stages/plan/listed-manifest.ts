/**
 * The manifest that a name of the store points at. Readers of OCI layouts do not see Docker's types (skopeo, umoci), so a
 * schema 2 image is listed by an OCI manifest of the same config and layers, and what was served is kept beside it.
 */
import type { Buffer } from 'node:buffer'
import { type Descriptor, mediaTypes, ociManifestOf } from '../../image/index.js'
import type { ImageDocument } from '../elements.js'

/** On the entry of a name: the manifest as it was served, where another is listed. */
export const servedAnnotation = 'io.windlass.manifest.digest'

export interface ListedManifest {
  readonly descriptor: Descriptor
  readonly bytes: Buffer
}

export function listedManifest({ descriptor, bytes, manifest }: ImageDocument): ListedManifest {
  if (descriptor.mediaType !== mediaTypes.dockerManifest) return { descriptor, bytes }
  const listed = ociManifestOf(manifest)
  const annotations = { ...descriptor.annotations, [servedAnnotation]: descriptor.digest }
  return { bytes: listed.bytes, descriptor: { ...listed.descriptor, annotations } }
}
