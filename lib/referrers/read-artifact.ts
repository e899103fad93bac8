/** Reads the content of artifacts: SBOMs, attestations, signatures. */
import { Verifier, readCapped } from '../bytes/index.js'
import type { BlobRequest, Descriptor, ImageSource } from '../image/index.js'

/** Default maximum size of the content of an artifact: 64 MiB. SBOMs of large images have about 30 MB. */
export const maxArtifactBytes = 64 * 1024 * 1024

/** Settings of `readArtifact`. */
export interface ReadArtifactOptions extends Pick<BlobRequest, 'signal' | 'onRequest'> {
  /** Name of the content for errors: `the SBOM of alpine`. */
  readonly what: string
  /** Maximum size in bytes (`maxArtifactBytes`). */
  readonly maxBytes?: number
}

/**
 * Reads a blob of an artifact and verifies its size and digest.
 * @throws LIMIT_EXCEEDED, SIZE_MISMATCH, DIGEST_MISMATCH; errors of the source
 */
export async function readArtifact(
  source: ImageSource,
  descriptor: Descriptor,
  { what, maxBytes = maxArtifactBytes, ...request }: ReadArtifactOptions,
): Promise<Buffer> {
  const { stream } = await source.blob(descriptor, request)
  const bytes = await readCapped(stream, { limit: maxBytes, name: 'of artifacts', what })
  const verifier = new Verifier(descriptor, 'blob')
  verifier.update(bytes)
  verifier.check()
  return bytes
}
