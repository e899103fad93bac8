/** Formats an inspected image with the field names of `skopeo inspect`, plus further fields. */
import type { Inspection } from './inspect.js'

/** An inspected image with the field names of `skopeo inspect`. */
export interface InspectedFields {
  /** The repository; absent for an image in a layout. */
  readonly Name?: string
  readonly Tag?: string
  /** Digest of the manifest or index that the name points at. */
  readonly Digest: string
  /** All tags; empty if they were not requested or could not be listed. */
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
  /** The host that served the manifest or index; absent for an image in a layout. */
  readonly ServedBy?: string
  /** Whether that host is a mirror of the registry. */
  readonly ServedByMirror?: boolean
  readonly Platform: string
  /** Digest of the image's own manifest. */
  readonly ManifestDigest: string
  /** Digest of the config; null for a schema 1 image, which has no config. */
  readonly ImageId: string | null
  /** Total compressed size of all layers in bytes; null if the manifest contains no sizes. */
  readonly Size: number | null
}

/** A layer of an inspected image. */
export interface InspectedLayer {
  readonly MIMEType: string
  readonly Digest: string
  /** Compressed size in bytes; null if the manifest contains no sizes. */
  readonly Size: number | null
}

/** Returns the fields of an inspection; undefined if only the manifest was requested. */
export function inspectedFields(inspection: Inspection): InspectedFields | undefined {
  const { repository, tag, digest, mediaType, servedBy, tags = [], image } = inspection
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
    ...(servedBy && { ServedBy: servedBy.host, ServedByMirror: servedBy.isMirror }),
    Platform: image.platform,
    ManifestDigest: image.digest,
    ImageId: image.config.digest ?? null,
    Size: sizes.reduce<number | null>(
      (sum, size) => (sum === null || size === undefined ? null : sum + size),
      0,
    ),
  }
}
