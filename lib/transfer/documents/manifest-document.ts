/** Fetches a manifest and determines its kind. */
import {
  type ExpectedManifest,
  type ImageSource,
  type ManifestDocument,
  type ManifestRequest,
  decideManifest,
} from '../../image/index.js'
import { type Limits, defaultLimits } from '../../limits.js'

/** Where to fetch a manifest, and the name of the image for errors. An `ImageRequest` is one. */
export interface ManifestOrigin {
  readonly source: ImageSource
  readonly name: string
  readonly limits?: Limits
}

/**
 * Settings of `manifestDocument`. `expected` is the descriptor that the manifest must match; by default, the one that
 * the source returns.
 */
export interface ManifestDocumentOptions extends Pick<ManifestRequest, 'onWarning'> {
  readonly signal: AbortSignal
  readonly expected?: ExpectedManifest | undefined
}

/**
 * Fetches one manifest from the source of a request, verifies it and determines its kind. `host` is the host that
 * served it.
 * @throws LIMIT_EXCEEDED when the manifest is larger than `manifestBytes`; errors of the source and of
 * `decideManifest`
 */
export async function manifestDocument(
  { source, name, limits = defaultLimits }: ManifestOrigin,
  tagOrDigest: string,
  { signal, expected, onWarning }: ManifestDocumentOptions,
): Promise<{ readonly document: ManifestDocument; readonly host: string }> {
  const fetched = await source.manifest(tagOrDigest, { signal, onWarning, maxBytes: limits.manifestBytes })
  const { bytes, contentType, host, descriptor } = fetched
  return {
    document: decideManifest({
      bytes,
      contentType,
      host,
      reference: name,
      limits,
      expected: expected ?? descriptor,
    }),
    host,
  }
}
