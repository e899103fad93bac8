/**
 * Adds missing platforms to the entries of an index. They are read from the configs, as containerd's
 * `images.Manifest` does, so that an image is never chosen by guess.
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
import { configBytes } from '../../transfer/documents/config-bytes.js'
import type { ImageRequest, IndexDocument, Resolved } from '../elements.js'
import { manifestDocument } from '../../transfer/documents/manifest-document.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'

/** Maximum number of configs read for one index. */
export const maxConfigsRead = 16

/**
 * Returns the stage that adds platforms to the entries of an index if no matching entry states one. Other indexes
 * pass unchanged.
 * @throws retryable errors of the source; CANCELLED
 */
export function fillPlatforms({
  retry,
}: {
  readonly retry: RetryPolicy
}): Stage<Resolved<IndexDocument>, Resolved<IndexDocument>> {
  return pullStage(
    async (resolved: Resolved<IndexDocument>, turn) => {
      const { request, document } = resolved
      const candidates = matchPlatform(request.platform, document.index.manifests)
      const nameless = candidates.filter(isNameless)
      if (nameless.length === 0 || candidates.some(({ platform }) => platform)) return resolved
      const filled = new Map<Descriptor, Descriptor>()
      for (const candidate of nameless.slice(0, maxConfigsRead))
        filled.set(candidate, (await withPlatform(candidate, request, turn)) ?? candidate)
      const manifests = document.index.manifests.map((candidate) => filled.get(candidate) ?? candidate)
      return { ...resolved, document: { ...document, index: { ...document.index, manifests } } }
    },
    { name: 'fill-platforms', order: 'source', supervise: retryingTransfers(retry) },
  )
}

/**
 * Reports whether an entry has no platform but a config that may state one. Indexes and schema 1 manifests have no
 * config.
 */
const isNameless = ({ platform, mediaType }: Descriptor): boolean =>
  platform === undefined && isImageManifestType(mediaType)

/**
 * Returns `entry` with the platform in its config. An entry that cannot be read is returned unchanged, since one
 * damaged entry must not prevent the choice of another. Returns undefined if the entry is not a container image.
 * @throws retryable errors of the source; CANCELLED
 */
export async function withPlatform(
  entry: Descriptor,
  request: ImageRequest,
  { signal }: PullTurn,
): Promise<Descriptor | undefined> {
  try {
    const { document } = await manifestDocument(request, entry.digest, { signal, expected: entry })
    if (document.kind !== 'image') return entry
    checkIsImage(document.manifest)
    const { digest } = document.manifest.config
    const options = { reference: request.name, configBytes: (request.limits ?? defaultLimits).configBytes }
    const bytes = await configBytes(request.source, document.manifest.config, { ...options, signal })
    return {
      ...entry,
      platform: platformOfConfig(parseImageConfig(bytes, { ...options, digest, platform: request.platform })),
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof WindlassError) || error.retryable) throw error
    return error.code === 'UNSUPPORTED' ? undefined : entry
  }
}
