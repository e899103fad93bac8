/** Defines `Referrer`: a manifest that belongs to an image, such as a signature, an SBOM or an attestation. */
import type { CosignSuffix, Descriptor, Digest, ImageManifest, ManifestDocument } from '../image/index.js'

/** A manifest that refers to an image, read and verified. */
export interface Referrer {
  /** Digest and size of the manifest, with its artifact type and annotations. */
  readonly descriptor: Descriptor
  /** Digest of the image or index that it belongs to. */
  readonly subject: Digest
  /** Artifact type that the manifest states; without one, the media type of its config or of its first layer. */
  readonly artifactType: string
  /** The manifest, byte for byte. */
  readonly bytes: Buffer
  /** Blobs of the manifest, config first. Empty for an index. */
  readonly blobs: readonly Descriptor[]
  /** Layers of the manifest: the content of the artifact. Empty for an index. */
  readonly layers: readonly Descriptor[]
  readonly annotations: Readonly<Record<string, string>>
  /** Suffix of the tag under which cosign stored it, if the manifest does not state its subject. */
  readonly cosign?: CosignSuffix
}

/**
 * Returns the artifact type of a manifest (image-spec, "Guidelines for Artifact Usage"). cosign's old artifacts have the
 * config of an image: their first layer says what they are.
 */
export function artifactTypeOf({ artifactType, config, layers }: ImageManifest): string {
  if (artifactType !== undefined) return artifactType
  const isImageConfig = /^application\/vnd\.(oci|docker\.container)\.image\./.test(config.mediaType)
  return (isImageConfig ? layers[0]?.mediaType : undefined) ?? config.mediaType
}

/** Returns the subject that a manifest states. */
export function subjectOf(document: ManifestDocument): Descriptor | undefined {
  if (document.kind === 'image') return document.manifest.subject
  return document.kind === 'index' ? document.index.subject : undefined
}
