/** A token as a token server gives it (distribution spec, "Token response fields"), and when it stops being good. */

export interface Token {
  readonly value: string
  /** On the monotonic clock (`performance.now()`), so that nobody's wall clock matters. */
  readonly expires: number
}

/** Seconds; what the specification and Mesos assume. */
const defaultLifetime = 60
/** Seconds; a token of a year is asked for again after a day. */
const longestLifetime = 86_400

/** Visible ASCII only: anything else could end the header and begin another. */
const form = /^[\x21-\x7e]{1,65536}$/

const isToken = (value: unknown): value is string => typeof value === 'string' && form.test(value)

/**
 * The token in `body`; undefined where there is none that could go into a header.
 * @param asked - `performance.now()` when the request was sent
 */
export function parseToken(body: Buffer, asked: number): Token | undefined {
  let json: unknown
  try {
    json = JSON.parse(body.toString('utf8').replace(/^\uFEFF/, ''))
  } catch {
    return undefined
  }
  if (typeof json !== 'object' || json === null) return undefined
  const fields = new Map<string, unknown>(Object.entries(json))
  const value = [fields.get('token'), fields.get('access_token')].find(isToken)
  if (value === undefined) return undefined
  const lifetime = lifetimeOf(fields.get('expires_in')) * 1000
  const age = ageOf(fields.get('issued_at'))
  // Older than it lives: then the clocks disagree, and the answer's own time is the better guess.
  const left = age < lifetime ? lifetime - age : lifetime
  // Given up a little early, so that it does not expire on the way.
  return { value, expires: asked + left - Math.min(5_000, left / 10) }
}

function lifetimeOf(expiresIn: unknown): number {
  const seconds = typeof expiresIn === 'string' ? Number(expiresIn) : expiresIn
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) return defaultLifetime
  return Math.min(seconds, longestLifetime)
}

function ageOf(issuedAt: unknown): number {
  const at = typeof issuedAt === 'string' ? Date.parse(issuedAt) : Number.NaN
  return Number.isNaN(at) ? 0 : Math.max(0, Date.now() - at)
}
