/** Builds whole images in code, to be put into a registry or written anywhere else: no network, no other program. */
import { type Digest, digestOf } from '../../image/digest/digest.js'
import { type Compression, mediaTypes } from '../../image/documents/media-types.js'
import { buildLayer, type BuiltLayer, type ImageFormat, type LayerSpec } from './build-layer.js'

export interface ImagePlatform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

export interface ImageSpec {
  /** Base first. */
  readonly layers: readonly LayerSpec[]
  /** Members of the image config; they win over what is made of the rest (`rootfs` and `history` too). */
  readonly config?: Readonly<Record<string, unknown>>
  /** `linux/amd64` unless said otherwise. */
  readonly platform?: ImagePlatform
  /** Of all layers that say nothing of their own: `gzip`. */
  readonly compression?: Compression
  /** OCI or Docker's schema 2: `oci`. */
  readonly format?: ImageFormat
  readonly annotations?: Readonly<Record<string, string>>
}

/** Bytes with what they are called. */
export interface BuiltDocument {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
  readonly bytes: Buffer
}

export interface BuiltImage {
  readonly manifest: BuiltDocument
  readonly config: BuiltDocument
  readonly layers: readonly BuiltLayer[]
  readonly platform: ImagePlatform
  /** The config and the distinct layers. */
  readonly blobs: ReadonlyMap<Digest, Buffer>
}

/** The image of `spec`. The same spec gives the same bytes on one version of Node. */
export function buildImage(spec: ImageSpec): BuiltImage {
  const { format = 'oci', compression = 'gzip', platform = { os: 'linux', architecture: 'amd64' } } = spec
  const layers = spec.layers.map((layer) => buildLayer(layer, format, compression))
  const config = document(format === 'oci' ? mediaTypes.ociConfig : mediaTypes.dockerConfig, {
    created: epoch,
    ...platform,
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffID }) => diffID) },
    history: spec.layers.map(({ createdBy = 'windlass test image' }) => ({
      created: epoch,
      created_by: createdBy,
    })),
    ...spec.config,
  })
  const manifest = document(format === 'oci' ? mediaTypes.ociManifest : mediaTypes.dockerManifest, {
    schemaVersion: 2,
    mediaType: format === 'oci' ? mediaTypes.ociManifest : mediaTypes.dockerManifest,
    config: descriptor(config),
    layers: layers.map(descriptor),
    ...(spec.annotations && { annotations: spec.annotations }),
  })
  const blobs = new Map([config, ...layers].map(({ digest, bytes }) => [digest, bytes] as const))
  return { manifest, config, layers, platform, blobs }
}

const epoch = '1970-01-01T00:00:00Z'

/** `value` as JSON, as one thing that a registry can serve. */
export function document(mediaType: string, value: unknown): BuiltDocument {
  const bytes = Buffer.from(JSON.stringify(value))
  return { mediaType, digest: digestOf(bytes), size: bytes.length, bytes }
}

/** What names `built` in a manifest or an index. */
export const descriptor = ({
  mediaType,
  digest,
  size,
}: Omit<BuiltDocument, 'bytes'>): Omit<BuiltDocument, 'bytes'> => ({ mediaType, size, digest })
