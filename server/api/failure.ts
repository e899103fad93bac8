/** Turns errors into responses. */
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { type ErrorCode, type WindlassError, asWindlassError } from '../../lib/errors.js'

/** Status of the codes whose exit code does not decide it. */
const statusOfCode: Partial<Record<ErrorCode, ContentfulStatusCode>> = {
  PULL_ENDED: 409,
  STORE_FULL: 507,
  STORE_LOCKED: 503,
  TOO_MANY_REQUESTS: 429,
  CANCELLED: 503,
  // Credentials of a registry: 401 and 403 are about those of the server.
  UNAUTHORIZED: 502,
  DENIED: 502,
}

/** Returns the HTTP status for `error`. */
export function statusOf({ code, exitCode }: WindlassError): ContentfulStatusCode {
  const known = statusOfCode[code]
  if (known) return known
  if (exitCode === 2) return 400
  if (exitCode === 4) return 404
  return exitCode === 5 || exitCode === 6 || exitCode === 8 ? 502 : 500
}

/** Responds with `caught` as an `ApiFailure`. */
export function failure(context: Context, caught: unknown): Response {
  const error = asWindlassError(caught)
  return failureWith(context, statusOf(error), error)
}

/** Responds with a status of HTTP itself: a refused token, a path that is not there, a body that is too large. */
export function failureWith(
  context: Context,
  status: ContentfulStatusCode,
  {
    code,
    message,
    hint,
  }: { readonly code: string; readonly message: string; readonly hint?: string | undefined },
): Response {
  return context.json({ error: { code, message, ...(hint !== undefined && { hint }) } }, status)
}
