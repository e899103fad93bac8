/** Turns errors into responses of Docker's API: a status and `{ message }`. */
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { type ErrorCode, asWindlassError } from '../../lib/errors.js'
import { dockerMessage } from '../../lib/events/docker-names.js'

/** An error with the status and the text that dockerd has for it. */
export class DockerError extends Error {
  constructor(
    readonly status: ContentfulStatusCode,
    message: string,
  ) {
    super(message)
  }
}

const statuses: Partial<Record<ErrorCode, ContentfulStatusCode>> = {
  USAGE: 400,
  REFERENCE_INVALID: 400,
  DIGEST_INVALID: 400,
  PLATFORM_INVALID: 400,
  LAYER_INVALID: 400,
  MANIFEST_INVALID: 400,
  CONFIG_INVALID: 400,
  LIMIT_EXCEEDED: 400,
  DENIED: 404,
  UNAUTHORIZED: 404,
  NAME_UNKNOWN: 404,
  MANIFEST_UNKNOWN: 404,
  PLATFORM_UNMATCHED: 404,
  IMAGE_UNKNOWN: 404,
  FILE_UNKNOWN: 404,
  PULL_ENDED: 409,
  STORE_LOCKED: 503,
}

/** Responds with `caught`. `name` and `platform`: what was to be pulled. */
export function dockerFailure(context: Context, caught: unknown, name = '', platform = ''): Response {
  if (caught instanceof DockerError) return failWith(context, caught.status, caught.message)
  const error = asWindlassError(caught)
  const { code, message, hint } = error
  const text =
    name === ''
      ? hint === undefined
        ? message
        : `${message}. ${hint}`
      : dockerMessage(error, name, platform)
  return failWith(
    context,
    statuses[code] ?? 500,
    code === 'REFERENCE_INVALID' ? `invalid reference format: ${text}` : text,
  )
}

const failWith = (context: Context, status: ContentfulStatusCode, message: string): Response =>
  context.json({ message }, status)
