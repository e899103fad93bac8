/** Fetches a manifest and determines its kind. */
import { type Control, pausable } from '../../flow/index.js'
import {
  type ExpectedManifest,
  type ImageSource,
  type ManifestDocument,
  type ManifestRequest,
  type RateLimit,
  parseManifest,
} from '../../image/index.js'
import { type Limits, defaultLimits } from '../../limits.js'

/** Where to fetch a manifest, and the name of the image for errors. Implemented by `ImageRequest`. */
export interface ManifestOrigin {
  readonly source: ImageSource
  readonly name: string
  readonly limits?: Limits
  readonly control?: Control
}

/**
 * Options of `fetchManifestDocument`. `expected` is what the manifest must match. Default: the descriptor that the
 * source returns.
 */
export interface ManifestDocumentOptions extends Pick<ManifestRequest, 'onWarning' | 'onRequest'> {
  readonly signal: AbortSignal
  readonly expected?: ExpectedManifest | undefined
}

/** A manifest that was fetched. */
export interface FetchedDocument {
  readonly document: ManifestDocument
  readonly host: string
  readonly isMirror?: boolean | undefined
  readonly rateLimit: RateLimit | undefined
}

/**
 * Fetches a manifest, verifies it and determines its kind. Also returns the host that served it and its rate limit.
 * @throws LIMIT_EXCEEDED when the manifest is larger than `manifestBytes`; errors of the source and of
 * `parseManifest`
 */
export async function fetchManifestDocument(
  { source, name, limits = defaultLimits, control }: ManifestOrigin,
  tagOrDigest: string,
  { signal, expected, onWarning, onRequest }: ManifestDocumentOptions,
): Promise<FetchedDocument> {
  const { manifestBytes: maxBytes } = limits
  const fetched = await pausable(control, signal, (runSignal) =>
    source.manifest(tagOrDigest, { signal: runSignal, onWarning, onRequest, maxBytes }),
  )
  const { bytes, contentType, host, isMirror, descriptor, rateLimit } = fetched
  return {
    document: parseManifest({
      bytes,
      contentType,
      host,
      reference: name,
      limits,
      expected: expected ?? descriptor,
    }),
    host,
    isMirror,
    rateLimit,
  }
}
