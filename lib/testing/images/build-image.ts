/** Builds images in code, without network access and other programs. */
import { type Digest, digestOf } from '../../image/digest/digest.js'
import { type Compression, mediaTypes } from '../../image/documents/media-types.js'
import { buildLayer, type BuiltLayer, type ImageFormat, type LayerSpec } from './build-layer.js'

/** Platform of an image. */
export interface ImagePlatform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

/** Describes an image for `buildImage`. Defaults are in parentheses. */
export interface ImageSpec {
  /** Layers, base first. */
  readonly layers: readonly LayerSpec[]
  /** Members of the image config. They replace generated ones, including `rootfs` and `history`. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Platform (`linux/amd64`). */
  readonly platform?: ImagePlatform
  /** Compression of all layers that do not define their own (`gzip`). */
  readonly compression?: Compression
  /** OCI or Docker schema 2 (`oci`). */
  readonly format?: ImageFormat
  readonly annotations?: Readonly<Record<string, string>>
}

/** A document with its descriptor. */
export interface BuiltDocument {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
  readonly bytes: Buffer
}

/** An image that `buildImage` has built. */
export interface BuiltImage {
  readonly manifest: BuiltDocument
  readonly config: BuiltDocument
  readonly layers: readonly BuiltLayer[]
  readonly platform: ImagePlatform
  /** The config and the layers by digest. */
  readonly blobs: ReadonlyMap<Digest, Buffer>
}

/** Builds the image of `spec`. The same spec gives the same bytes on the same version of Node. */
export function buildImage(spec: ImageSpec): BuiltImage {
  const { format = 'oci', compression = 'gzip', platform = { os: 'linux', architecture: 'amd64' } } = spec
  const layers = spec.layers.map((layer) => buildLayer(layer, format, compression))
  const config = buildDocument(format === 'oci' ? mediaTypes.ociConfig : mediaTypes.dockerConfig, {
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
  const manifest = buildDocument(format === 'oci' ? mediaTypes.ociManifest : mediaTypes.dockerManifest, {
    schemaVersion: 2,
    mediaType: format === 'oci' ? mediaTypes.ociManifest : mediaTypes.dockerManifest,
    config: descriptorOf(config),
    layers: layers.map(descriptorOf),
    ...(spec.annotations && { annotations: spec.annotations }),
  })
  const blobs = new Map([config, ...layers].map(({ digest, bytes }) => [digest, bytes] as const))
  return { manifest, config, layers, platform, blobs }
}

const epoch = '1970-01-01T00:00:00Z'

/** Serialises `value` as JSON. Returns the bytes with their descriptor. */
export function buildDocument(mediaType: string, value: unknown): BuiltDocument {
  const bytes = Buffer.from(JSON.stringify(value))
  return { mediaType, digest: digestOf(bytes), size: bytes.length, bytes }
}

/** Returns the descriptor of a blob or document for a manifest or index. */
export const descriptorOf = ({
  mediaType,
  digest,
  size,
}: Omit<BuiltDocument, 'bytes'>): Omit<BuiltDocument, 'bytes'> => ({ mediaType, size, digest })
