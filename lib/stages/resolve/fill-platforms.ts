/**
 * Lets the entries of an index that name no platform have the one of their config, where no entry that names one fits:
 * an image is never chosen out of an index by guess (containerd's images.Manifest reads the configs, too).
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
import { configBytes } from './config-bytes.js'
import type { ImageRequest, IndexDocument, Resolved } from '../elements.js'
import { manifestDocument } from './manifest-document.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'

/** How many configs of one index are read at most. */
export const maxConfigsRead = 16

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
      for (const each of nameless.slice(0, maxConfigsRead))
        filled.set(each, (await withPlatform(each, request, turn)) ?? each)
      const manifests = document.index.manifests.map((each) => filled.get(each) ?? each)
      return { ...resolved, document: { ...document, index: { ...document.index, manifests } } }
    },
    { name: 'fill-platforms', order: 'source', supervise: retryingTransfers(retry) },
  )
}

/** An index or a schema 1 manifest has no config. */
const isNameless = ({ platform, mediaType }: Descriptor): boolean =>
  platform === undefined && isImageManifestType(mediaType)

/**
 * `entry` with the platform that its config says; as it is where that cannot be read, for one damaged entry must not
 * hinder the choice of another; undefined where it is no container image.
 * @throws what may pass if tried again
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
    const about = { reference: request.name, configBytes: (request.limits ?? defaultLimits).configBytes }
    const bytes = await configBytes(request.source, document.manifest.config, { ...about, signal })
    return {
      ...entry,
      platform: platformOfConfig(parseImageConfig(bytes, { ...about, digest, platform: request.platform })),
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof WindlassError) || error.retryable) throw error
    return error.code === 'UNSUPPORTED' ? undefined : entry
  }
}
