/**
 * Parses the error body of a registry: `{"errors":[{"code","message","detail"}]}` (distribution spec, "Error codes").
 */

/** The code and message of an error body. */
export interface Problem {
  /** `NAME_UNKNOWN`, `DENIED`, …; empty if there is none. */
  readonly code: string
  /** The unescaped message of the registry, not safe to print. Empty if there is none. */
  readonly message: string
}

const emptyProblem: Problem = { code: '', message: '' }

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? new Map<string, unknown>(Object.entries(value)).get(name)
    : undefined

/** Reports whether a problem has a code or a message. */
const hasContent = (value: unknown): boolean =>
  ['code', 'error', 'message', 'error_description', 'details'].some((name) => text(field(value, name)) !== '')

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Parses the first problem in `body`. Returns an empty one for other content. Never throws. */
export function parseProblem(body: Buffer): Problem {
  let json: unknown
  try {
    json = JSON.parse(body.toString('utf8').replace(/^\uFEFF/, ''))
  } catch {
    return emptyProblem
  }
  const errors = field(json, 'errors')
  // Token servers use the form of OAuth (RFC 6749 §5.2); GitLab and GitHub send only `message` or `details`.
  const listed: unknown = Array.isArray(errors) ? errors.find((each) => hasContent(each)) : undefined
  const first = listed ?? (hasContent(json) ? json : field(json, 'error'))
  const code = text(field(first, 'code')) || text(field(first, 'error'))
  const message =
    text(field(first, 'message')) || text(field(first, 'error_description')) || text(field(first, 'details'))
  return { code: /^[\w-]{1,64}$/.test(code) ? code.toUpperCase() : '', message }
}
