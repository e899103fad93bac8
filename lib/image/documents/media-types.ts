/**
 * The media types of images, what each of them is, and the one `Accept` that asks for every manifest we can read.
 */

const docker = 'application/vnd.docker.'
const oci = 'application/vnd.oci.'

/** By role; the field's own spellings (distribution spec, image-spec media-types.md). */
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

/** The value of the `Accept` header of every manifest request: one header, in this order. */
export const manifestAccept = [
  mediaTypes.dockerManifest,
  mediaTypes.dockerSchema1,
  mediaTypes.dockerSchema1Signed,
  mediaTypes.dockerManifestList,
  mediaTypes.ociManifest,
  mediaTypes.ociIndex,
].join(', ')

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const essence = new RegExp(`^(${token}/${token})\\s*(?:;|$)`)

/**
 * A `Content-Type` without its parameters, in lower case; undefined where the header is missing or is no media
 * type at all (RFC 9110 §8.3.1).
 */
export const parseMediaType = (header: string | undefined): string | undefined =>
  essence.exec(header?.trim() ?? '')?.[1]?.toLowerCase()

const generic: readonly string[] = [
  'application/json',
  'text/plain',
  'application/octet-stream',
  'binary/octet-stream',
]

/** A type that says nothing of which manifest it is: the body decides. */
export const isGenericType = (type: string): boolean => generic.includes(type)

export const isImageManifestType = (type: string): boolean =>
  type === mediaTypes.dockerManifest || type === mediaTypes.ociManifest

export const isIndexType = (type: string): boolean =>
  type === mediaTypes.dockerManifestList || type === mediaTypes.ociIndex

export const isSchema1Type = (type: string): boolean =>
  type === mediaTypes.dockerSchema1 || type === mediaTypes.dockerSchema1Signed

/**
 * Docker and OCI image configs, and types that say nothing: old clients pushed configs as `application/octet-stream`,
 * `text/html` or with no type at all.
 */
export const isConfigType = (type: string): boolean =>
  type === mediaTypes.dockerConfig ||
  type === mediaTypes.ociConfig ||
  type === '' ||
  type === 'text/html' ||
  isGenericType(type)

const layers: readonly string[] = [
  mediaTypes.dockerLayer,
  mediaTypes.dockerLayerGzip,
  mediaTypes.dockerLayerZstd,
  mediaTypes.ociLayer,
  mediaTypes.ociLayerGzip,
  mediaTypes.ociLayerZstd,
]

const foreign: readonly string[] = [
  mediaTypes.dockerForeignLayer,
  mediaTypes.dockerForeignLayerGzip,
  mediaTypes.ociForeignLayer,
  mediaTypes.ociForeignLayerGzip,
  mediaTypes.ociForeignLayerZstd,
]

/** A layer that may be served from elsewhere than the registry (foreign, non-distributable). */
export const isForeignLayerType = (type: string): boolean => foreign.includes(type)

export const isLayerType = (type: string): boolean => layers.includes(type) || isForeignLayerType(type)

export type Compression = 'none' | 'gzip' | 'zstd'

/** How a layer of this type says it is compressed; undefined if it is no layer type. The bytes have the last word. */
export function compressionOf(type: string): Compression | undefined {
  if (!isLayerType(type)) return undefined
  return type.endsWith('gzip') ? 'gzip' : type.endsWith('zstd') ? 'zstd' : 'none'
}
