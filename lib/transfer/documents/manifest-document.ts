/** Fetches a manifest and determines its kind. */
import { type Control, pausable } from '../../flow/index.js'
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
  readonly control?: Control
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
  { source, name, limits = defaultLimits, control }: ManifestOrigin,
  tagOrDigest: string,
  { signal, expected, onWarning }: ManifestDocumentOptions,
): Promise<{ readonly document: ManifestDocument; readonly host: string }> {
  const { manifestBytes: maxBytes } = limits
  const fetched = await pausable(control, signal, (running) =>
    source.manifest(tagOrDigest, { signal: running, onWarning, maxBytes }),
  )
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
