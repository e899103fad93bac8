/** Says how few requests a registry still allows. */
import { formatDuration, formatNumber } from '../../lib/quantities.js'
import { printable } from '../../lib/codec/printable.js'
import type { PullSnapshot } from '../../lib/events/index.js'

/** A limit of a registry, with durations in seconds. */
export interface StatedLimit {
  readonly remaining: number
  readonly limit?: number | undefined
  readonly window?: number | undefined
  readonly reset?: number | undefined
}

/** Reports whether fewer than 10 requests, or fewer than a tenth of the limit, are left. */
export const isRateLimitLow = ({ remaining, limit = 0 }: StatedLimit): boolean =>
  remaining < 10 || remaining < limit / 10

/** Describes a limit: `5 of 100 requests in 6 hours are left`, with the time until more are allowed. */
export function describeRateLimit({ remaining, limit, window, reset }: StatedLimit): string {
  const total =
    limit === undefined ? (remaining === 1 ? 'request' : 'requests') : `of ${formatNumber(limit)} requests`
  const time = window === undefined ? '' : ` in ${formatDuration(window * 1_000)}`
  const again = reset === undefined ? '' : `, and more in ${formatDuration(reset * 1_000)}`
  return `${formatNumber(remaining)} ${total}${time} ${remaining === 1 ? 'is' : 'are'} left${again}`
}

/** Returns a clause for the line of the result if the registry allows few more requests, else an empty text. */
export function rateLimitNote({ manifests }: Pick<PullSnapshot, 'manifests'>): string {
  const last = manifests.findLast(({ rateLimit }) => rateLimit !== undefined)
  if (!last?.rateLimit || !isRateLimitLow(last.rateLimit)) return ''
  return ` (${printable(last.host)}: ${describeRateLimit(last.rateLimit)})`
}
