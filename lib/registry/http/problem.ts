/** The body of a registry's refusal: `{"errors":[{"code","message","detail"}]}` (distribution spec, "Error codes"). */

export interface Problem {
  /** `NAME_UNKNOWN`, `DENIED`, …; empty where the registry gave none. */
  readonly code: string
  /** The registry's own words as they came: not fit to print yet. Empty where there are none. */
  readonly message: string
}

const none: Problem = { code: '', message: '' }

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? new Map<string, unknown>(Object.entries(value)).get(name)
    : undefined

/** Whether a problem has a code or words. */
const says = (value: unknown): boolean =>
  ['code', 'error', 'message', 'error_description', 'details'].some((name) => text(field(value, name)) !== '')

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Reads the first problem in `body`; a body of another shape gives an empty one. Never throws. */
export function parseProblem(body: Buffer): Problem {
  let json: unknown
  try {
    json = JSON.parse(body.toString('utf8').replace(/^\uFEFF/, ''))
  } catch {
    return none
  }
  const errors = field(json, 'errors')
  // Token servers answer in OAuth's form (RFC 6749 §5.2), GitLab and GitHub with a `message` or `details` alone.
  const listed: unknown = Array.isArray(errors) ? errors.find((each) => says(each)) : undefined
  const first = listed ?? (says(json) ? json : field(json, 'error'))
  const code = text(field(first, 'code')) || text(field(first, 'error'))
  const message =
    text(field(first, 'message')) || text(field(first, 'error_description')) || text(field(first, 'details'))
  return { code: /^[\w-]{1,64}$/.test(code) ? code.toUpperCase() : '', message }
}
