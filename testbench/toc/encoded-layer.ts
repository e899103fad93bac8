/** Builds images from layers with tables of contents. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, digestOf, hexOf } from '../../lib/image/index.js'
import { buildImage } from '../../lib/testing/images/index.js'
import type { TestRegistry } from '../../lib/testing/registry/index.js'

/** A blob, and the fields of its descriptor in the manifest. */
export interface EncodedLayer {
  readonly mediaType: string
  readonly digest: Digest
  readonly size: number
  readonly bytes: Buffer
  readonly annotations?: Readonly<Record<string, string>>
}

/** An image of encoded layers. */
export interface EncodedImage {
  readonly manifest: Buffer
  readonly config: Buffer
  readonly layers: readonly EncodedLayer[]
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json'

/** Builds an image of `layers`, base first. `diffIDs` may be omitted if the image is not unpacked. */
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

/** Writes an image as an OCI layout in the existing `directory`, under the name `name`. */
export async function writeEncoded(
  directory: string,
  name: string,
  { manifest, config, layers }: EncodedImage,
): Promise<void> {
  const folder = join(directory, 'blobs', 'sha256')
  await mkdir(folder, { recursive: true })
  for (const bytes of [manifest, config, ...layers.map((layer) => layer.bytes)])
    await writeFile(join(folder, hexOf(digestOf(bytes))), bytes)
  const entry = {
    ...{ mediaType: manifestType, digest: digestOf(manifest), size: manifest.length },
    annotations: { 'org.opencontainers.image.ref.name': name },
  }
  await writeFile(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }))
  await writeFile(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
}
