/** Parses `Retry-After` (RFC 9110 §10.2.3): seconds or a date. */

const secondsPattern = /^\d{1,10}$/
/**
 * IMF-fixdate and the two obsolete forms start with the name of a day. `Date.parse` would accept other texts as well.
 */
const datePattern = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? [\w :+-]{6,40}$/

/** Returns the milliseconds to wait from `now`; undefined if the header is missing or malformed. */
export function parseRetryAfter(value: string | undefined, now = Date.now()): number | undefined {
  const text = value?.trim() ?? ''
  if (secondsPattern.test(text)) return Number(text) * 1000
  if (!datePattern.test(text)) return undefined
  const at = Date.parse(/GMT$/.test(text) ? text : `${text} GMT`)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}

/** Maximum delay in milliseconds. If a server requests a longer delay, the request fails and is not retried. */
export const maxRetryAfter = 5 * 60_000
