/** Compares an image at its source with the target, mostly by HEAD requests. */
import { asWindlassError } from '../../lib/errors.js'
import { Flow, Scope, compose } from '../../lib/flow/index.js'
import { type Digest, isIndexType } from '../../lib/image/index.js'
import type { ImageRequest } from '../../lib/stages/index.js'
import type { CopyTarget } from '../../lib/transfer/index.js'
import { copyStages } from '../copy-stages.js'
import { resolveName } from '../resolve.js'
import { runForResult } from '../run-for-result.js'
import type { SelectedImage } from './list-images.js'
import { lacksReferrers } from './lacks-referrers.js'
import type { SyncItem } from './sync-plan.js'
import { type SyncPlaces, withSyncRetries } from './sync-places.js'

/**
 * Returns what is to be done for an image. Sends HEAD requests to both sides. Only an index of which one image is copied
 * is fetched, unless the target has the index itself.
 * @returns an item with the action `failed` if the source or the target fails
 * @throws CANCELLED
 */
export async function compareImage(
  { entry, from, to }: SelectedImage,
  places: SyncPlaces,
  signal: AbortSignal,
): Promise<SyncItem> {
  const { line, allPlatforms, platform, referrers, fastCheck } = entry
  const about = { line, from, to, allPlatforms, referrers, ...(platform !== undefined && { platform }) }
  try {
    const request = places.request(from, platform)
    const target = places.target(to)
    const { digest, mediaType } = await resolveName(request, { retry: places.retry, signal })
    const previous = await digestAt(target, places, signal)
    const isOneOfIndex = !allPlatforms && isIndexType(mediaType) && previous !== digest
    const expected = isOneOfIndex ? await chosenDigest(request, target, places, signal) : digest
    const known = { ...about, digest, expected, ...(previous !== undefined && { previous }) }
    if (previous === undefined) return { action: 'copy', ...known }
    if (previous !== expected) return { action: 'replace', ...known }
    const image = { digest: expected, mediaType: isOneOfIndex ? '' : mediaType }
    const isIncomplete =
      referrers && !fastCheck && (await lacksReferrers(image, request, target.sink, places, signal))
    return { action: isIncomplete ? 'referrers' : 'equal', ...known }
  } catch (error) {
    if (signal.aborted) throw error
    return { action: 'failed', ...about, error: asWindlassError(error).toJSON() }
  }
}

/** Returns what the target has under the name of the copy. */
async function digestAt(
  { sink, tag, digest }: CopyTarget,
  places: SyncPlaces,
  signal: AbortSignal,
): Promise<Digest | undefined> {
  const name = tag ?? digest
  return name === undefined
    ? undefined
    : withSyncRetries(() => sink.resolve(name, { signal }), places, signal)
}

/** Returns the digest of the image for the platform of the request. */
async function chosenDigest(
  request: ImageRequest,
  target: CopyTarget,
  { retry }: SyncPlaces,
  signal: AbortSignal,
): Promise<Digest> {
  const { resolve, choose } = copyStages({ target, retry })
  const scope = new Scope()
  try {
    const { document } = await runForResult(Flow.of(request).pipe(compose(resolve, choose)), scope, signal)
    return document.descriptor.digest
  } finally {
    await scope.close()
  }
}
