/** An inspected image with the field names that skopeo gave it first and still gives it, and what else is known. */
import type { Inspection } from './inspect.js'

export interface InspectedFields {
  /** The repository; none of an image in a layout. */
  readonly Name?: string
  readonly Tag?: string
  /** Of what the name points at: the index's, if it is one. */
  readonly Digest: string
  /** Empty where they were not asked for or could not be listed. */
  readonly RepoTags: readonly string[]
  readonly Created: string | null
  readonly DockerVersion: string
  readonly Labels: Readonly<Record<string, string>> | null
  readonly Architecture: string
  readonly Os: string
  /** Digests, base first. */
  readonly Layers: readonly string[]
  readonly LayersData: readonly InspectedLayer[]
  readonly Env: readonly string[] | null
  readonly MediaType: string
  readonly Platform: string
  /** Digest of the image's own manifest. */
  readonly ManifestDigest: string
  /** Digest of the config; null of a schema 1 image, which has none. */
  readonly ImageId: string | null
  /** Compressed bytes of all layers; null where the manifest does not say. */
  readonly Size: number | null
}

export interface InspectedLayer {
  readonly MIMEType: string
  readonly Digest: string
  readonly Size: number | null
}

/** None where only the manifest was asked for. */
export function inspectedFields(inspection: Inspection): InspectedFields | undefined {
  const { repository, tag, digest, mediaType, tags = [], image } = inspection
  if (!image) return undefined
  const { value } = image.config
  const version = new Map<string, unknown>(Object.entries(value)).get('docker_version')
  const sizes = image.layers.map(({ size }) => size)
  return {
    ...(repository !== undefined && { Name: repository }),
    ...(tag !== undefined && { Tag: tag }),
    Digest: digest,
    RepoTags: tags,
    Created: value.created ?? null,
    DockerVersion: typeof version === 'string' ? version : '',
    Labels: value.config?.Labels ?? null,
    Architecture: value.architecture,
    Os: value.os,
    Layers: image.layers.map((layer) => layer.digest),
    LayersData: image.layers.map((layer) => ({
      MIMEType: layer.mediaType,
      Digest: layer.digest,
      Size: layer.size ?? null,
    })),
    Env: value.config?.Env ?? null,
    MediaType: mediaType,
    Platform: image.platform,
    ManifestDigest: image.digest,
    ImageId: image.config.digest ?? null,
    Size: sizes.reduce<number | null>(
      (sum, size) => (sum === null || size === undefined ? null : sum + size),
      0,
    ),
  }
}
