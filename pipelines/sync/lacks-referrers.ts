/** Finds out whether the target of a sync lacks something that belongs to an image that it has. */
import { asWindlassError } from '../../lib/errors.js'
import {
  type Descriptor,
  type Digest,
  type ImageSink,
  type ImageSource,
  cosignSuffixes,
  cosignTag,
  isIndexType,
  parseManifest,
} from '../../lib/image/index.js'
import type { ImageRequest } from '../../lib/stages/index.js'
import { type SyncPlaces, withSyncRetries } from './sync-places.js'

/** The image that both sides have. */
interface ComparedImage {
  readonly digest: Digest
  readonly mediaType: string
}

/**
 * Returns whether the source lists a referrer of the image, or of an image that its index lists, that the target does not
 * have. An index is fetched for that. Signatures of cosign before version 3 are compared by their tags.
 * @throws errors of the source and of the target; CANCELLED
 */
export async function lacksReferrers(
  image: ComparedImage,
  request: ImageRequest,
  sink: ImageSink,
  places: SyncPlaces,
  signal: AbortSignal,
): Promise<boolean> {
  const { source } = request
  const subjects = [image.digest, ...(await childrenOf(image, request, places, signal))]
  for (const subject of subjects) {
    const listed = await withSyncRetries(() => referrersOf(source, subject, signal), places, signal)
    for (const referrer of listed)
      if (!(await withSyncRetries(() => has(sink, referrer, signal), places, signal))) return true
    for (const suffix of cosignSuffixes)
      if (
        await withSyncRetries(() => differs(source, sink, cosignTag(subject, suffix), signal), places, signal)
      )
        return true
  }
  return false
}

async function childrenOf(
  { digest, mediaType }: ComparedImage,
  { source, name: reference }: ImageRequest,
  places: SyncPlaces,
  signal: AbortSignal,
): Promise<readonly Digest[]> {
  if (!isIndexType(mediaType)) return []
  const { bytes, contentType, host } = await withSyncRetries(
    () => source.manifest(digest, { signal }),
    places,
    signal,
  )
  const document = parseManifest({ bytes, contentType, host, reference, expected: { digest } })
  return document.kind === 'index' ? document.index.manifests.map((entry) => entry.digest) : []
}

async function referrersOf(
  source: ImageSource,
  subject: Digest,
  signal: AbortSignal,
): Promise<readonly Descriptor[]> {
  const all: Descriptor[] = []
  if (source.referrers) for await (const page of source.referrers(subject, { signal })) all.push(...page)
  return all
}

/** Returns whether the target has a referrer. A layout has it if it has its manifest. */
const has = (sink: ImageSink, referrer: Descriptor, signal: AbortSignal): Promise<boolean> =>
  sink.hasImage ? sink.hasImage(referrer, { signal }) : sink.hasBlob(referrer, { signal })

/** Returns whether the source has a tag that points elsewhere at the target. */
async function differs(
  source: ImageSource,
  sink: ImageSink,
  tag: string,
  signal: AbortSignal,
): Promise<boolean> {
  // A layout can only state what it has by reading it.
  if (source.head === undefined) return false
  try {
    const { digest } = await source.head(tag, { signal, onlyHead: true })
    return digest !== undefined && (await sink.resolve(tag, { signal })) !== digest
  } catch (error) {
    if (asWindlassError(error).code === 'MANIFEST_UNKNOWN') return false
    throw error
  }
}
