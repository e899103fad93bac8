/** One manifest from where a request reads: fetched within its limits, and decided what it is. */
import {
  type ExpectedManifest,
  type ManifestDocument,
  type ManifestRequest,
  decideManifest,
} from '../../image/index.js'
import { defaultLimits } from '../../limits.js'
import type { ImageRequest } from '../elements.js'

export interface ManifestDocumentOptions extends Pick<ManifestRequest, 'onWarning'> {
  readonly signal: AbortSignal
  readonly expected?: ExpectedManifest | undefined
}

/** @throws LIMIT_EXCEEDED, and what the source and `decideManifest` say */
export async function manifestDocument(
  { source, name, limits = defaultLimits }: Pick<ImageRequest, 'source' | 'name' | 'limits'>,
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
