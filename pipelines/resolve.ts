/**
 * What a name points at, for as little traffic as its source can: a HEAD where the registry answers one with a digest,
 * else the manifest itself. A pull never relies on it.
 */
import { WindlassError } from '../lib/errors.js'
import { Flow, Scope, type Stage, stage } from '../lib/flow/index.js'
import { type Digest, decideManifest, parseMediaType } from '../lib/image/index.js'
import { Repository } from '../lib/registry/index.js'
import { type ImageRequest } from '../lib/stages/index.js'
import { type RetryPolicy, retryingTransfers } from '../lib/transfer/index.js'
import { only } from './only.js'

export interface ResolvedName {
  readonly name: string
  /** Of a manifest or an index. The source's word where only a HEAD was asked: a pull verifies, this cannot. */
  readonly digest: Digest
  readonly mediaType: string
  readonly size: number | undefined
}

export interface ResolveNameOptions {
  readonly retry: RetryPolicy
  readonly signal?: AbortSignal | undefined
}

export async function resolveName(
  request: ImageRequest,
  { retry, signal }: ResolveNameOptions,
): Promise<ResolvedName> {
  const scope = new Scope()
  try {
    return await only(Flow.of(request).pipe(lookUp(retry)), scope, signal)
  } finally {
    await scope.close()
  }
}

const lookUp = (retry: RetryPolicy): Stage<ImageRequest, ResolvedName> =>
  stage(async (request: ImageRequest, { signal }) => (await head(request, signal)) ?? get(request, signal), {
    name: 'look-up',
    supervise: retryingTransfers(retry),
  })

async function head(request: ImageRequest, signal: AbortSignal): Promise<ResolvedName | undefined> {
  const { name, source, target, digest: expected } = request
  if (!(source instanceof Repository)) return undefined
  const { digest, contentType, size, host } = await source.head(target, { signal })
  const mediaType = parseMediaType(contentType)
  if (digest === undefined || mediaType === undefined) return undefined
  if (expected !== undefined && digest !== expected)
    throw new WindlassError('DIGEST_MISMATCH', `Resolving ${name}: ${host} says that it has ${digest}`, {
      ...{ reference: name, digest: expected, host },
    })
  return { name, digest, mediaType, size }
}

async function get(
  { name, source, target, digest }: ImageRequest,
  signal: AbortSignal,
): Promise<ResolvedName> {
  const fetched = await source.manifest(target, { signal })
  const { bytes, contentType, host } = fetched
  const expected = digest === undefined ? fetched.descriptor : { digest }
  const { descriptor } = decideManifest({ bytes, contentType, host, reference: name, expected })
  return { name, digest: descriptor.digest, mediaType: descriptor.mediaType, size: descriptor.size }
}
