/** Converts the refusal of a push to an error. */
import { type ErrorCode, WindlassError } from '../../errors.js'
import type { Digest } from '../../image/digest/digest.js'
import { failurePrefix } from '../http/attempt.js'
import type { Response } from '../http/connections.js'
import { explainRefusal } from '../http/refusal.js'
import type { RepositoryContext } from '../api/repository-context.js'

/** Describes what a refused request would have pushed. */
export interface PushSubject {
  readonly kind: 'blob' | 'manifest'
  readonly digest: Digest
  /** Tag that was to point at the manifest. */
  readonly tag?: string | undefined
  /** Media type of the manifest. */
  readonly mediaType?: string
  /** Purpose of the refused request. */
  readonly purpose: string
}

/** Meaning of a refusal. */
interface Meaning {
  /** Default: the code of the response. */
  readonly code?: ErrorCode
  /** What happened, as a clause. */
  readonly text: string
  readonly hint?: string
  readonly retryable?: boolean
}

/** Reads a refused response, closes it and returns the error. Never throws. */
export async function pushRefusal(
  response: Response,
  { secrets, timeouts, limits, help, registry, repository }: RepositoryContext,
  pushed: PushSubject,
): Promise<WindlassError> {
  const { digest, purpose } = pushed
  const { error, registryCode, details } = await explainRefusal(response, {
    ...{ purpose, preposition: 'to', secrets, help, notFoundCode: 'REGISTRY_RESPONSE' },
    ...{ timeout: timeouts.document, maxBytes: limits.errorBytes },
    subject: { digest, reference: `${registry}/${repository}` },
  })
  const meaning = meaningOf(response.status, registryCode, pushed)
  if (meaning === undefined) return error
  const { code = error.code, text, hint = error.hint, retryable } = meaning
  const failed = failurePrefix({ purpose, preposition: 'to', url: response.url, proxy: response.forwardedBy })
  const explanation = details === '' ? `HTTP ${response.status}` : details
  return new WindlassError(code, `${failed}: ${text} (${explanation})`, {
    ...error.subject,
    ...(hint !== undefined && { hint }),
    ...(retryable !== undefined && { retryable }),
  })
}

/** Codes of a registry that lacks content that a manifest refers to. */
const missingContentCodes: ReadonlySet<string> = new Set([
  'MANIFEST_BLOB_UNKNOWN',
  'BLOB_UNKNOWN',
  'MANIFEST_UNKNOWN',
])

/** Codes of a registry that received bytes with another digest or size than announced. */
const wrongContentCodes: ReadonlySet<string> = new Set([
  'DIGEST_INVALID',
  'SIZE_INVALID',
  'BLOB_UPLOAD_INVALID',
])

/** Returns what a refusal means for a push; undefined if it means the same as for other requests. */
function meaningOf(
  status: number,
  problem: string,
  { kind, tag, mediaType = '' }: PushSubject,
): Meaning | undefined {
  if (status === 429 || status >= 500) return undefined
  if (status === 401 || status === 403) return problem === 'UNSUPPORTED' ? noPushes : undefined
  if (problem === 'NAME_UNKNOWN' || problem === 'NAME_INVALID')
    return {
      code: 'NAME_UNKNOWN',
      text: 'the repository does not exist, and the registry does not create it',
      hint: 'Check the name. If it is right, create the repository, or its project, at the registry first.',
    }
  if (problem === 'BLOB_UPLOAD_UNKNOWN')
    return {
      code: 'REGISTRY_UNAVAILABLE',
      text: 'the registry does not know the upload any more',
      ...{ hint: 'Try again.', retryable: true },
    }
  if (tag !== undefined && (/^TAG_/.test(problem) || status === 409 || status === 412))
    return {
      code: 'DENIED',
      text: 'the registry does not allow the tag to be set',
      hint: 'The registry may not allow tags to be changed. Use another tag.',
    }
  if (kind === 'manifest' && missingContentCodes.has(problem))
    return {
      code: 'BLOB_UNKNOWN',
      text: 'the registry lacks content that the manifest refers to',
      hint: 'The content may have been removed there in the meantime. Copy again.',
    }
  if (kind === 'manifest' && (problem === 'MANIFEST_INVALID' || problem === 'UNSUPPORTED' || status === 415))
    return {
      code: 'UNSUPPORTED',
      text: `the registry does not accept this manifest of type ${mediaType}`,
      hint: 'A copy does not change manifests. The registry may need to be configured to accept this type.',
    }
  if (wrongContentCodes.has(problem))
    return {
      code: 'REGISTRY_RESPONSE',
      text: 'the registry received other content than was sent',
      ...{ hint: 'Try again.', retryable: true },
    }
  if (status === 405 || problem === 'UNSUPPORTED') return noPushes
  if (status === 413)
    return {
      code: 'REGISTRY_RESPONSE',
      text: 'the registry does not accept a request of this size',
      hint: 'A proxy in front of the registry may limit the size of requests (client_max_body_size in nginx).',
    }
  return undefined
}

const noPushes: Meaning = {
  code: 'UNSUPPORTED',
  text: 'the registry does not accept pushes',
  hint: 'Push to another registry: mirrors and read-only registries accept no pushes.',
}
