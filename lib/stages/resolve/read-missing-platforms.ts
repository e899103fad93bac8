/**
 * Adds missing platforms to the entries of an index. Reads them from the configs of the images, as containerd's
 * `images.Manifest` does.
 */
import { WindlassError } from '../../errors.js'
import { type Stage } from '../../flow/index.js'
import { type PullTurn, pullStage } from '../pull-stage.js'
import {
  type Descriptor,
  checkIsImage,
  isImageManifestType,
  matchPlatform,
  parseImageConfig,
  platformOfConfig,
} from '../../image/index.js'
import { defaultLimits } from '../../limits.js'
import { fetchConfigBytes } from '../../transfer/documents/config-bytes.js'
import type { ImageRequest, IndexDocument, Resolved } from '../elements.js'
import { fetchManifestDocument } from '../../transfer/documents/manifest-document.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'

/** Maximum number of configs read for one index. */
export const maxConfigsRead = 16

/**
 * Returns the stage that adds platforms to the entries of an index that state none. An index with an entry that states
 * the requested platform passes unchanged.
 * @throws retryable errors of the source; CANCELLED
 */
export function readMissingPlatforms({
  retry,
}: {
  readonly retry: RetryPolicy
}): Stage<Resolved<IndexDocument>, Resolved<IndexDocument>> {
  return pullStage(
    async (resolved: Resolved<IndexDocument>, turn) => {
      const { request, document } = resolved
      const candidates = matchPlatform(request.platform, document.index.manifests)
      const withoutPlatform = candidates.filter(lacksPlatform)
      if (withoutPlatform.length === 0 || candidates.some(({ platform }) => platform)) return resolved
      const filled = new Map<Descriptor, Descriptor>()
      for (const candidate of withoutPlatform.slice(0, maxConfigsRead))
        filled.set(candidate, (await withPlatform(candidate, request, turn)) ?? candidate)
      const manifests = document.index.manifests.map((candidate) => filled.get(candidate) ?? candidate)
      return { ...resolved, document: { ...document, index: { ...document.index, manifests } } }
    },
    { name: 'read-missing-platforms', order: 'source', supervise: retryingTransfers(retry) },
  )
}

/**
 * Returns whether an entry states no platform but has a config that may state one. Indexes and schema 1 manifests have
 * no config.
 */
const lacksPlatform = ({ platform, mediaType }: Descriptor): boolean =>
  platform === undefined && isImageManifestType(mediaType)

/**
 * Returns `entry` with the platform of its config. Returns it unchanged if it cannot be read, so that another entry can
 * still be chosen. Returns undefined if it is not a container image.
 * @throws retryable errors of the source; CANCELLED
 */
export async function withPlatform(
  entry: Descriptor,
  request: ImageRequest,
  { signal }: PullTurn,
): Promise<Descriptor | undefined> {
  try {
    const { document } = await fetchManifestDocument(request, entry.digest, { signal, expected: entry })
    if (document.kind !== 'image') return entry
    checkIsImage(document.manifest)
    const { digest } = document.manifest.config
    const options = { reference: request.name, configBytes: (request.limits ?? defaultLimits).configBytes }
    const bytes = await fetchConfigBytes(request.source, document.manifest.config, { ...options, signal })
    return {
      ...entry,
      platform: platformOfConfig(parseImageConfig(bytes, { ...options, digest, platform: request.platform })),
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof WindlassError) || error.retryable) throw error
    return error.code === 'UNSUPPORTED' ? undefined : entry
  }
}
