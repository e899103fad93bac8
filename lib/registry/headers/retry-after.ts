/** `Retry-After` (RFC 9110 §10.2.3): seconds, or a date. */

const seconds = /^\d{1,10}$/
/** IMF-fixdate and the two obsolete forms begin with a day's name; anything else `Date.parse` would guess at. */
const date = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? [\w :+-]{6,40}$/

/** How long to wait in milliseconds from `now`; undefined where the header is missing or makes no sense. */
export function parseRetryAfter(value: string | undefined, now = Date.now()): number | undefined {
  const text = value?.trim() ?? ''
  if (seconds.test(text)) return Number(text) * 1000
  if (!date.test(text)) return undefined
  const at = Date.parse(/GMT$/.test(text) ? text : `${text} GMT`)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}

/** Longer waits are not slept through: the error says so and is not retried. */
export const longestRetryAfter = 5 * 60_000
