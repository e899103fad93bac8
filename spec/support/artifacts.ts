/** Artifacts that refer to an image. */
import { type Descriptor, type Digest, digestOf, mediaTypes } from '../../lib/image/index.js'

export const spdx = 'application/spdx+json'

export interface BuiltArtifact {
  readonly bytes: Buffer
  /** As a registry lists it. */
  readonly descriptor: Descriptor
  readonly content: Buffer
}

export const emptyConfig = Buffer.from('{}')

/** An artifact with one layer, which refers to `subject`. */
export function artifact(
  subject: Digest | undefined,
  content: string | Buffer,
  {
    artifactType = spdx,
    layerType = artifactType,
    annotations,
    layerAnnotations,
  }: {
    readonly artifactType?: string
    readonly layerType?: string
    readonly annotations?: Readonly<Record<string, string>>
    readonly layerAnnotations?: Readonly<Record<string, string>>
  } = {},
): BuiltArtifact {
  const layer = Buffer.from(content)
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType,
      config: { mediaType: mediaTypes.ociEmpty, digest: digestOf(emptyConfig), size: emptyConfig.length },
      layers: [
        {
          ...{ mediaType: layerType, digest: digestOf(layer), size: layer.length },
          ...(layerAnnotations && { annotations: layerAnnotations }),
        },
      ],
      ...(subject !== undefined && {
        subject: { mediaType: mediaTypes.ociManifest, digest: subject, size: 100 },
      }),
      ...(annotations && { annotations }),
    }),
  )
  const descriptor = {
    ...{ mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.length, artifactType },
    ...(annotations && { annotations }),
  }
  return { bytes, descriptor, content: layer }
}

interface ArtifactTarget {
  putBlob(bytes: Buffer): unknown
  putManifest(repository: string, tagOrDigest: string, bytes: Buffer, mediaType: string): unknown
}

/** Puts an artifact into a registry, under its digest or a tag. */
export function putArtifact(
  registry: ArtifactTarget,
  repository: string,
  { bytes, descriptor, content }: BuiltArtifact,
  tag: string = descriptor.digest,
): void {
  registry.putBlob(emptyConfig)
  registry.putBlob(content)
  registry.putManifest(repository, tag, bytes, descriptor.mediaType)
}

/** Lists artifacts in the index under the tag of their subject, with the artifact type that cosign writes there. */
export function listUnderTag(
  registry: ArtifactTarget,
  repository: string,
  tag: string,
  artifacts: readonly BuiltArtifact[],
): void {
  const manifests = artifacts.map(({ descriptor }) => ({
    ...descriptor,
    artifactType: mediaTypes.ociEmpty,
  }))
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }
  registry.putManifest(repository, tag, Buffer.from(JSON.stringify(index)), mediaTypes.ociIndex)
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}
