/** Converts the refusal of a push to an error in plain words. */
import { type ErrorCode, WindlassError } from '../../errors.js'
import type { Digest } from '../../image/digest/digest.js'
import type { Response } from '../http/connections.js'
import { accessHints, explained } from '../http/refusal.js'
import type { RepositoryContext } from '../api/repository-context.js'

/** What was being pushed. */
export interface Pushed {
  readonly kind: 'blob' | 'manifest'
  readonly digest: Digest
  /** Tag that was to point at the manifest. */
  readonly tag?: string | undefined
  /** Media type of the manifest. */
  readonly mediaType?: string
  readonly purpose: string
}

/** Meaning of a refusal. */
interface Meaning {
  /** Default: the code of the response. */
  readonly code?: ErrorCode
  /** What the registry does, as a clause that continues its name. */
  readonly says: string
  readonly hint?: string
  readonly retryable?: boolean
}

/** Reads the refusal of a request of a push, closes the response and returns the error. Never throws. */
export async function pushRefusal(
  response: Response,
  { secrets, timeouts, limits, hint, registry, repository }: RepositoryContext,
  pushed: Pushed,
): Promise<WindlassError> {
  const { digest, purpose } = pushed
  const { error, problem, details } = await explained(response, {
    ...{ purpose, secrets, deadline: timeouts.document, maxBytes: limits.errorBytes },
    missing: 'REGISTRY_RESPONSE',
    hints: accessHints(hint),
    subject: { digest, reference: `${registry}/${repository}` },
  })
  const meaning = meaningOf(response.status, problem, pushed, repository)
  if (meaning === undefined) return error
  const { code = error.code, says, hint: advice = error.hint, retryable } = meaning
  const words = details === '' ? `HTTP status ${response.status}` : details
  return new WindlassError(code, `Failed to ${purpose}: ${response.url.host} ${says} (${words})`, {
    ...error.subject,
    ...(advice !== undefined && { hint: advice }),
    ...(retryable !== undefined && { retryable }),
  })
}

/** Codes of a registry that has not all that a manifest refers to. */
const incomplete: ReadonlySet<string> = new Set(['MANIFEST_BLOB_UNKNOWN', 'BLOB_UNKNOWN', 'MANIFEST_UNKNOWN'])

/** Codes of a registry that received other bytes than it was told. */
const garbled: ReadonlySet<string> = new Set(['DIGEST_INVALID', 'SIZE_INVALID', 'BLOB_UPLOAD_INVALID'])

function meaningOf(
  status: number,
  problem: string,
  { kind, tag, mediaType = '' }: Pushed,
  repository: string,
): Meaning | undefined {
  // What a registry says of its load, or of the login, has a meaning of its own.
  if (status === 429 || status >= 500) return undefined
  if (status === 401 || status === 403)
    return problem === 'UNSUPPORTED' ? noPushes : { says: `does not let this user push to ${repository}` }
  if (problem === 'NAME_UNKNOWN' || problem === 'NAME_INVALID')
    return {
      code: 'NAME_UNKNOWN',
      says: `has no repository ${repository}, and makes none`,
      hint: 'Create the repository or its project there first, and check the name.',
    }
  if (problem === 'BLOB_UPLOAD_UNKNOWN')
    return { code: 'REGISTRY_UNAVAILABLE', says: 'has forgotten the upload', retryable: true }
  if (tag !== undefined && (/^TAG_/.test(problem) || status === 409 || status === 412))
    return {
      code: 'DENIED',
      says: `does not let the tag ${tag} point at it`,
      hint: 'Tags may be immutable there: use another one.',
    }
  if (kind === 'manifest' && incomplete.has(problem))
    return {
      code: 'BLOB_UNKNOWN',
      says: 'has not all that it refers to',
      hint: 'Something may have been removed there meanwhile: copy again.',
    }
  if (kind === 'manifest' && (problem === 'MANIFEST_INVALID' || problem === 'UNSUPPORTED' || status === 415))
    return {
      code: 'UNSUPPORTED',
      says: `takes no manifest of the type ${mediaType}, or not this one`,
      hint: 'A copy changes no byte of a manifest. The registry may have to be configured for this type.',
    }
  if (garbled.has(problem))
    return { code: 'REGISTRY_RESPONSE', says: 'received other bytes than were sent', retryable: true }
  if (status === 405 || problem === 'UNSUPPORTED') return noPushes
  if (status === 413)
    return {
      code: 'REGISTRY_RESPONSE',
      says: 'takes no request of that size',
      hint: 'A proxy before the registry may limit it (client_max_body_size in nginx).',
    }
  return undefined
}

const noPushes: Meaning = {
  code: 'UNSUPPORTED',
  says: 'takes no pushes',
  hint: 'Registries that mirror another one, or are read-only, take none.',
}
