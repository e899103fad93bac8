/** A layer with a table of contents, ready to be put into an image. */
import { type Digest, digestOf } from '../../lib/image/index.js'
import { buildImage } from '../../lib/testing/images/index.js'
import type { TestRegistry } from '../../lib/testing/registry/index.js'

/** A blob, and what the manifest says of it. */
export interface EncodedLayer {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
  readonly bytes: Buffer
  readonly annotations?: Readonly<Record<string, string>>
}

/** An image of such layers. */
export interface EncodedImage {
  readonly manifest: Buffer
  readonly config: Buffer
  readonly layers: readonly EncodedLayer[]
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json'

/** Builds the image of `layers`, base first. `diffIDs` may be left out where nothing is unpacked. */
export function imageOfLayers(layers: readonly EncodedLayer[], diffIDs?: readonly Digest[]): EncodedImage {
  const rootfs = { type: 'layers', diff_ids: diffIDs ?? layers.map(({ digest }) => digest) }
  const config = buildImage({ layers: [], config: { rootfs } }).config.bytes
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: digestOf(config),
      size: config.length,
    },
    layers: layers.map(({ mediaType, digest, size, annotations }) => ({
      mediaType,
      digest,
      size,
      annotations,
    })),
  }
  return { manifest: Buffer.from(JSON.stringify(manifest)), config, layers }
}

/** Puts an image into an embedded registry. */
export function putEncoded(
  registry: TestRegistry,
  repository: string,
  tag: string,
  { manifest, config, layers }: EncodedImage,
): void {
  for (const { bytes } of layers) registry.putBlob(bytes)
  registry.putBlob(config)
  registry.putManifest(repository, tag, manifest, manifestType)
}
