/** Builds an index (Docker: a manifest list) over images, one for each platform; an index may stand in an index. */
import { mediaTypes } from '../../image/documents/media-types.js'
import { type BuiltDocument, type BuiltImage, descriptor, document } from './build-image.js'
import type { ImageFormat } from './build-layer.js'

export interface BuiltIndex {
  readonly manifest: BuiltDocument
  readonly children: readonly (BuiltImage | BuiltIndex)[]
}

/** The children in the order given; images with their platform. */
export function buildIndex(
  children: readonly (BuiltImage | BuiltIndex)[],
  { format = 'oci' }: { readonly format?: ImageFormat } = {},
): BuiltIndex {
  const mediaType = format === 'oci' ? mediaTypes.ociIndex : mediaTypes.dockerManifestList
  const manifests = children.map((child) => ({
    ...descriptor(child.manifest),
    ...('platform' in child && { platform: child.platform }),
  }))
  return { manifest: document(mediaType, { schemaVersion: 2, mediaType, manifests }), children }
}
