/** Lists what belongs to an image: signatures, SBOMs, attestations. Requests no layer of the image. */
import { Flow, Scope } from '../../lib/flow/index.js'
import type { Descriptor, Digest, ImageSource } from '../../lib/image/index.js'
import {
  type Referrer,
  type ReferrerKind,
  listReferrers,
  readArtifact,
  referrerKind,
} from '../../lib/referrers/index.js'
import {
  type ImageRequest,
  type Resolved,
  choosePlatform,
  readMissingPlatforms,
  resolve,
} from '../../lib/stages/index.js'
import type { IndexDocument } from '../../lib/stages/index.js'
import { type RetryPolicy, retryDelayOf } from '../../lib/transfer/index.js'
import { retried } from './retried.js'
import { runForResult } from '../run-for-result.js'

/** An artifact that belongs to an image. */
export interface ImageReferrer {
  /** Digest of the manifest of the artifact. */
  readonly digest: Digest
  /** Size of the content in bytes. */
  readonly size: number
  readonly artifactType: string
  /** What it is for, as its types say. Not verified. */
  readonly kind: ReferrerKind
  /** Digest of the image or index that it belongs to. */
  readonly subject: Digest
  readonly annotations: Readonly<Record<string, string>>
  readonly layers: readonly Descriptor[]
  /** Tag under which cosign, before its version 3, stored it; undefined if its manifest states the subject. */
  readonly tag?: string
  /** The content of each layer, if it was requested. */
  readonly content?: readonly Buffer[]
}

/** Result of `imageReferrers`. */
export interface ImageReferrers {
  /** Normalised name of the image. */
  readonly name: string
  /** Digest of what the name points at. */
  readonly digest: Digest
  readonly referrers: readonly ImageReferrer[]
}

/** What `imageReferrers` lists. */
export interface ReferrersQuery {
  /** List only artifacts of this type. Default: all. */
  readonly artifactType?: string
  /** Whose artifacts of an index: those of the index itself (the default), also those of its images, or of one image. */
  readonly of?: 'index' | 'all' | 'platform'
  /** Also fetch the content of those for which this returns true. Default: of none. */
  readonly fetch?: (referrer: ImageReferrer) => boolean
  readonly signal?: AbortSignal
  /** Receives problems that were ignored. `referrer-unreadable`: an artifact is left out. */
  readonly onWarning?: (code: string, message: string) => void
}

/** Settings of `imageReferrers`. */
export interface ReferrersOptions extends ReferrersQuery {
  readonly retry: RetryPolicy
}

/**
 * Lists the artifacts that belong to an image.
 * @throws CANCELLED; LIMIT_EXCEEDED; errors of resolving the name and of the source
 */
export async function imageReferrers(
  request: ImageRequest,
  options: ReferrersOptions,
): Promise<ImageReferrers> {
  const { retry, signal, of = 'index' } = options
  const scope = new Scope()
  try {
    const resolved = await runForResult(Flow.of(request).pipe(resolve({ retry })), scope, signal)
    const subjects = await subjectsOf(resolved, of, options, scope)
    const referrers: ImageReferrer[] = []
    for (const subject of subjects) referrers.push(...(await referrersOf(request, subject, options)))
    return { name: request.name, digest: resolved.document.descriptor.digest, referrers }
  } finally {
    await scope.close()
  }
}

/** Returns the digests whose referrers are listed. */
async function subjectsOf(
  resolved: Resolved,
  of: NonNullable<ReferrersQuery['of']>,
  { retry, signal }: ReferrersOptions,
  scope: Scope,
): Promise<readonly Digest[]> {
  const { document } = resolved
  const own = document.descriptor.digest
  if (document.kind !== 'index' || of === 'index') return [own]
  if (of === 'all') return [own, ...new Set(document.index.manifests.map(({ digest }) => digest))]
  const index = resolved as Resolved<IndexDocument>
  const choose = Flow.of(index).pipe(readMissingPlatforms({ retry }), choosePlatform({ retry }))
  return [(await runForResult(choose, scope, signal)).document.descriptor.digest]
}

async function referrersOf(
  { source, name, limits }: ImageRequest,
  subject: Digest,
  { retry, signal, onWarning, artifactType, fetch }: ReferrersOptions,
): Promise<readonly ImageReferrer[]> {
  const again = { again: retryDelayOf(retry), signal }
  const request = {
    ...{ reference: name, onWarning },
    ...(limits && { limits }),
    ...(signal && { signal }),
    ...(artifactType !== undefined && { artifactType }),
  }
  const found = await retried(() => toList(listReferrers(source, subject, request)), again)
  const referrers = found.map(toImageReferrer)
  if (fetch === undefined) return referrers
  const withContent: ImageReferrer[] = []
  for (const referrer of referrers)
    withContent.push(
      fetch(referrer)
        ? { ...referrer, content: await retried(() => contentOf(source, referrer, name, signal), again) }
        : referrer,
    )
  return withContent
}

async function contentOf(
  source: ImageSource,
  { digest, layers }: ImageReferrer,
  name: string,
  signal: AbortSignal | undefined,
): Promise<readonly Buffer[]> {
  const content: Buffer[] = []
  for (const layer of layers) {
    const what = `the content of ${digest}, which belongs to ${name}`
    content.push(await readArtifact(source, layer, { what, ...(signal && { signal }) }))
  }
  return content
}

function toImageReferrer(referrer: Referrer): ImageReferrer {
  const { descriptor, artifactType, subject, annotations, layers, cosign } = referrer
  return {
    digest: descriptor.digest,
    size: layers.reduce((total, { size }) => total + size, 0),
    ...{ artifactType, kind: referrerKind(referrer), subject, annotations, layers },
    ...(cosign && { tag: `${subject.replace(':', '-')}.${cosign}` }),
  }
}

async function toList<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}
