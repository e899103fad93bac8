/**
 * Resolves a name to a digest with minimal traffic: by a HEAD request if the registry's response has a digest, else by
 * fetching the manifest. A pull does not rely on the result of a HEAD request.
 */
import { WindlassError } from '../lib/errors.js'
import { Flow, Scope, type Stage, stage } from '../lib/flow/index.js'
import { type Digest, parseManifest, parseMediaType } from '../lib/image/index.js'
import { type ImageRequest } from '../lib/stages/index.js'
import { type RetryPolicy, retryingTransfers } from '../lib/transfer/index.js'
import { runForResult } from './run-for-result.js'

/** Result of resolving a name. */
export interface ResolvedName {
  /** Normalised name. */
  readonly name: string
  /** Digest of the manifest or index. If it comes from a HEAD response, it is not verified. */
  readonly digest: Digest
  readonly mediaType: string
  /** In bytes; undefined if the registry does not state it. */
  readonly size: number | undefined
}

/** Options of `resolveName`. */
export interface ResolveNameOptions {
  readonly retry: RetryPolicy
  readonly signal?: AbortSignal | undefined
}

/**
 * Resolves the name of `request`.
 * @throws DIGEST_MISMATCH when the registry states another digest than the requested one; CANCELLED when `signal`
 * aborts; any error of the source
 */
export async function resolveName(
  request: ImageRequest,
  { retry, signal }: ResolveNameOptions,
): Promise<ResolvedName> {
  const scope = new Scope()
  try {
    return await runForResult(Flow.of(request).pipe(lookUp(retry)), scope, signal)
  } finally {
    await scope.close()
  }
}

const lookUp = (retry: RetryPolicy): Stage<ImageRequest, ResolvedName> =>
  stage(
    async (request: ImageRequest, { signal }) =>
      (await resolveByHead(request, signal)) ?? resolveByGet(request, signal),
    {
      name: 'look-up',
      supervise: retryingTransfers(retry),
    },
  )

/** Returns undefined if the source is not a registry, or if the response states no digest or media type. */
async function resolveByHead(request: ImageRequest, signal: AbortSignal): Promise<ResolvedName | undefined> {
  const { name, source, target, digest: expected } = request
  if (source.head === undefined) return undefined
  const { digest, contentType, size, host } = await source.head(target, { signal })
  const mediaType = parseMediaType(contentType)
  if (digest === undefined || mediaType === undefined) return undefined
  if (expected !== undefined && digest !== expected)
    throw new WindlassError('DIGEST_MISMATCH', `${host} reports another digest for ${name}: ${digest}`, {
      ...{ reference: name, digest: expected, host },
      hint: 'The registry, or a proxy or cache in between, sends wrong data. Report it to the operator of the registry.',
    })
  return { name, digest, mediaType, size }
}

async function resolveByGet(
  { name, source, target, digest }: ImageRequest,
  signal: AbortSignal,
): Promise<ResolvedName> {
  const fetched = await source.manifest(target, { signal })
  const { bytes, contentType, host } = fetched
  const expected = digest === undefined ? fetched.descriptor : { digest }
  const { descriptor } = parseManifest({ bytes, contentType, host, reference: name, expected })
  return { name, digest: descriptor.digest, mediaType: descriptor.mediaType, size: descriptor.size }
}
