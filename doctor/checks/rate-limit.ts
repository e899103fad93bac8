/** Reports the rate limit of a registry. */
import type { RateLimit } from '../../lib/image/index.js'
import { printable } from '../../lib/codec/printable.js'
import { formatDuration, formatNumber } from '../../lib/quantities.js'
import { type Finding, findingsOf } from '../finding.js'

const finding = findingsOf('rate-limit')

/** Returns the finding about the limit that `host` stated. */
export function rateLimitFinding(
  { remaining, limit, window, reset, source }: RateLimit,
  host: string,
): Finding {
  const total = limit === undefined ? '' : ` of ${formatNumber(limit)}`
  const time = window === undefined ? '' : ` in ${formatDuration(window * 1_000)}`
  const counted = source === undefined ? '' : `, counted for ${printable(source)}`
  const again = reset === undefined ? '' : `, and more in ${formatDuration(reset * 1_000)}`
  const message = `${host} allows ${formatNumber(remaining)}${total} more requests${time}${counted}${again}.`
  if (remaining === 0) return finding('problem', message, 'Wait, log in, or use a mirror.')
  if (remaining < 10 || remaining < (limit ?? 0) / 10)
    return finding('note', message, 'Log in, or use a mirror, to have more.')
  return finding('ok', message)
}
