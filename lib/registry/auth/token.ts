/** Parses the response of a token server (distribution project, "Token response fields"). */

/** A bearer token and its expiry. */
export interface Token {
  readonly value: string
  /**
   * Time at which the token is replaced, on the clock of `performance.now()` (ms), which ignores changes of the system
   * time.
   */
  readonly expires: number
}

/** Seconds; the default of the specification. */
const defaultLifetimeSeconds = 60
/** Seconds; a token with a longer lifetime is replaced after this time. */
const maxLifetimeSeconds = 86_400

/** Visible ASCII only: other characters could start another header. */
const tokenPattern = /^[\x21-\x7e]{1,65536}$/

const isToken = (value: unknown): value is string => typeof value === 'string' && tokenPattern.test(value)

/**
 * Parses a token; returns undefined if the body has no token that can be sent in a header.
 * @param sentAt - `performance.now()` when the request was sent
 */
export function parseToken(body: Buffer, sentAt: number): Token | undefined {
  const fields = fieldsIn(body)
  const value = [fields.get('token'), fields.get('access_token')].find(isToken)
  if (value === undefined) return undefined
  const lifetime = lifetimeOf(fields.get('expires_in')) * 1000
  const age = ageOf(fields.get('issued_at'))
  // If the token appears to have expired already, the clocks differ, and its age is ignored.
  const remaining = age < lifetime ? lifetime - age : lifetime
  // The token is replaced slightly early, so that it does not expire during a request.
  return { value, expires: sentAt + remaining - Math.min(5_000, remaining / 10) }
}

/** Parses the identity token that a token server has issued; returns undefined if there is none. */
export function parseIdentityToken(body: Buffer): string | undefined {
  const value = fieldsIn(body).get('refresh_token')
  return isToken(value) ? value : undefined
}

/** Returns the fields of a JSON object; none if the body is something else. */
function fieldsIn(body: Buffer): ReadonlyMap<string, unknown> {
  try {
    const json: unknown = JSON.parse(body.toString('utf8').replace(/^\uFEFF/, ''))
    return new Map(typeof json === 'object' && json !== null ? Object.entries(json) : [])
  } catch {
    return new Map()
  }
}

function lifetimeOf(expiresIn: unknown): number {
  const seconds = typeof expiresIn === 'string' ? Number(expiresIn) : expiresIn
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) return defaultLifetimeSeconds
  return Math.min(seconds, maxLifetimeSeconds)
}

function ageOf(issuedAt: unknown): number {
  const at = typeof issuedAt === 'string' ? Date.parse(issuedAt) : Number.NaN
  return Number.isNaN(at) ? 0 : Math.max(0, Date.now() - at)
}
