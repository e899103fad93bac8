/** Builds an index (Docker: a manifest list) of images. Indexes can be nested. */
import { mediaTypes } from '../../image/documents/media-types.js'
import { type BuiltDocument, type BuiltImage, descriptorOf, buildDocument } from './build-image.js'
import type { ImageFormat } from './build-layer.js'

/** An index that `buildIndex` has built. */
export interface BuiltIndex {
  readonly manifest: BuiltDocument
  readonly children: readonly (BuiltImage | BuiltIndex)[]
}

/** Builds an index of `children` in this order. Entries of images have a platform, entries of indexes have none. */
export function buildIndex(
  children: readonly (BuiltImage | BuiltIndex)[],
  { format = 'oci' }: { readonly format?: ImageFormat } = {},
): BuiltIndex {
  const mediaType = format === 'oci' ? mediaTypes.ociIndex : mediaTypes.dockerManifestList
  const manifests = children.map((child) => ({
    ...descriptorOf(child.manifest),
    ...('platform' in child && { platform: child.platform }),
  }))
  return { manifest: buildDocument(mediaType, { schemaVersion: 2, mediaType, manifests }), children }
}
