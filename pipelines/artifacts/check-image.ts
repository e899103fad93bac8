/** Says whether a policy accepts an image, and why. Requests no layer. */
import { Flow, Scope } from '../../lib/flow/index.js'
import type { Digest } from '../../lib/image/index.js'
import { type ImagePolicy, type PolicyDecision, checkPolicy } from '../../lib/signatures/index.js'
import {
  type ImageRequest,
  type IndexDocument,
  type Resolved,
  choosePlatform,
  readMissingPlatforms,
  resolve,
  signedImage,
} from '../../lib/stages/index.js'
import { type RetryPolicy, retryDelayOf } from '../../lib/transfer/index.js'
import { runForResult } from '../run-for-result.js'
import { retried } from './retried.js'

/** Result of `checkImage`. */
export interface CheckedImage extends PolicyDecision {
  /** Normalised name of the image. */
  readonly name: string
  /** Digest of what the name points at. */
  readonly digest: Digest
}

/** Settings of `checkImage`. */
export interface CheckImageOptions {
  readonly policy: ImagePolicy
  readonly retry: RetryPolicy
  readonly signal?: AbortSignal
  /** Receives problems that were ignored. `referrer-unreadable`: a signature is left out. */
  readonly onWarning?: (code: string, message: string) => void
}

/** Checks an image against a policy, as a pull would. @throws as `checkPolicy`; errors of resolving the name */
export async function checkImage(
  request: ImageRequest,
  { policy, retry, signal, onWarning }: CheckImageOptions,
): Promise<CheckedImage> {
  const scope = new Scope()
  try {
    const resolved = await runForResult(Flow.of(request).pipe(resolve({ retry })), scope, signal)
    const image = resolved.document.kind === 'index' ? await chosen(resolved, retry, scope, signal) : resolved
    const check = (): Promise<PolicyDecision> =>
      checkPolicy(policy, signedImage(image), { ...(signal && { signal }), onWarning })
    const decision = await retried(check, { again: retryDelayOf(retry), signal })
    return { name: request.name, digest: resolved.document.descriptor.digest, ...decision }
  } finally {
    await scope.close()
  }
}

const chosen = (
  resolved: Resolved,
  retry: RetryPolicy,
  scope: Scope,
  signal: AbortSignal | undefined,
): Promise<Resolved> =>
  runForResult(
    Flow.of(resolved as Resolved<IndexDocument>).pipe(
      readMissingPlatforms({ retry }),
      choosePlatform({ retry }),
    ),
    scope,
    signal,
  )
