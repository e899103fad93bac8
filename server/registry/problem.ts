/** Responses that are errors, in the form of the distribution spec (version 1.1, section “Error Codes”). */
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** A code of the spec, or `UNKNOWN`, which registries use for their own failures. */
export type ProblemCode =
  | 'BLOB_UNKNOWN'
  | 'DENIED'
  | 'DIGEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'PAGINATION_NUMBER_INVALID'
  | 'TOOMANYREQUESTS'
  | 'UNAUTHORIZED'
  | 'UNKNOWN'
  | 'UNSUPPORTED'

/** Responds with an error. */
export function problem(
  context: Context,
  status: ContentfulStatusCode,
  code: ProblemCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  for (const [name, value] of Object.entries(headers)) context.header(name, value)
  return context.json({ errors: [{ code, message }] }, status)
}
