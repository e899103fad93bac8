/** Media types of images, functions that classify them, and the `Accept` header for manifests. */

const docker = 'application/vnd.docker.'
const oci = 'application/vnd.oci.'

/** Media types by role (distribution spec, image-spec media-types.md). */
export const mediaTypes = {
  dockerManifest: `${docker}distribution.manifest.v2+json`,
  dockerManifestList: `${docker}distribution.manifest.list.v2+json`,
  dockerSchema1: `${docker}distribution.manifest.v1+json`,
  dockerSchema1Signed: `${docker}distribution.manifest.v1+prettyjws`,
  dockerConfig: `${docker}container.image.v1+json`,
  dockerLayer: `${docker}image.rootfs.diff.tar`,
  dockerLayerGzip: `${docker}image.rootfs.diff.tar.gzip`,
  dockerLayerZstd: `${docker}image.rootfs.diff.tar.zstd`,
  dockerForeignLayer: `${docker}image.rootfs.foreign.diff.tar`,
  dockerForeignLayerGzip: `${docker}image.rootfs.foreign.diff.tar.gzip`,
  ociManifest: `${oci}image.manifest.v1+json`,
  ociIndex: `${oci}image.index.v1+json`,
  ociConfig: `${oci}image.config.v1+json`,
  ociLayer: `${oci}image.layer.v1.tar`,
  ociLayerGzip: `${oci}image.layer.v1.tar+gzip`,
  ociLayerZstd: `${oci}image.layer.v1.tar+zstd`,
  ociForeignLayer: `${oci}image.layer.nondistributable.v1.tar`,
  ociForeignLayerGzip: `${oci}image.layer.nondistributable.v1.tar+gzip`,
  ociForeignLayerZstd: `${oci}image.layer.nondistributable.v1.tar+zstd`,
  ociEmpty: `${oci}empty.v1+json`,
} as const

/** Value of the `Accept` header of every manifest request: one header, in this order. */
export const manifestAccept = [
  mediaTypes.dockerManifest,
  mediaTypes.dockerSchema1,
  mediaTypes.dockerSchema1Signed,
  mediaTypes.dockerManifestList,
  mediaTypes.ociManifest,
  mediaTypes.ociIndex,
].join(', ')

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const contentTypePattern = new RegExp(`^(${token}/${token})\\s*(?:;|$)`)

/**
 * Returns the media type in a `Content-Type` header, in lower case without parameters (RFC 9110 §8.3.1). Undefined if
 * the header is missing or invalid.
 */
export const parseMediaType = (header: string | undefined): string | undefined =>
  contentTypePattern.exec(header?.trim() ?? '')?.[1]?.toLowerCase()

const genericTypes: readonly string[] = [
  'application/json',
  'text/plain',
  'application/octet-stream',
  'binary/octet-stream',
]

/** Returns whether `type` is generic: it does not identify a document, so its content has to. */
export const isGenericType = (type: string): boolean => genericTypes.includes(type)

/** Returns whether `type` is Docker's schema 2 or OCI's image manifest. */
export const isImageManifestType = (type: string): boolean =>
  type === mediaTypes.dockerManifest || type === mediaTypes.ociManifest

/** Returns whether `type` is a Docker manifest list or an OCI index. */
export const isIndexType = (type: string): boolean =>
  type === mediaTypes.dockerManifestList || type === mediaTypes.ociIndex

/** Returns whether `type` is schema 1, signed or not. */
export const isSchema1Type = (type: string): boolean =>
  type === mediaTypes.dockerSchema1 || type === mediaTypes.dockerSchema1Signed

/**
 * Returns whether `type` may be that of an image config: Docker's, OCI's, or one of those that old clients used: a
 * generic type, `text/html` or none.
 */
export const isConfigType = (type: string): boolean =>
  type === mediaTypes.dockerConfig ||
  type === mediaTypes.ociConfig ||
  type === '' ||
  type === 'text/html' ||
  isGenericType(type)

const layerTypes: readonly string[] = [
  mediaTypes.dockerLayer,
  mediaTypes.dockerLayerGzip,
  mediaTypes.dockerLayerZstd,
  mediaTypes.ociLayer,
  mediaTypes.ociLayerGzip,
  mediaTypes.ociLayerZstd,
]

const foreignLayerTypes: readonly string[] = [
  mediaTypes.dockerForeignLayer,
  mediaTypes.dockerForeignLayerGzip,
  mediaTypes.ociForeignLayer,
  mediaTypes.ociForeignLayerGzip,
  mediaTypes.ociForeignLayerZstd,
]

/**
 * Returns whether `type` is a foreign (non-distributable) layer, which may have to be fetched from another host than
 * the registry.
 */
export const isForeignLayerType = (type: string): boolean => foreignLayerTypes.includes(type)

/** Returns whether `type` is a layer, foreign or not. */
export const isLayerType = (type: string): boolean => layerTypes.includes(type) || isForeignLayerType(type)

/** Compression of a layer. */
export type Compression = 'none' | 'gzip' | 'zstd'

/**
 * Returns the compression that a layer type declares, or undefined for other types. The actual compression may differ.
 */
export function compressionOf(type: string): Compression | undefined {
  if (!isLayerType(type)) return undefined
  return type.endsWith('gzip') ? 'gzip' : type.endsWith('zstd') ? 'zstd' : 'none'
}
