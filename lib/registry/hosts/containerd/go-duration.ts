/** Parses durations as Go writes them. */

const milliseconds: Readonly<Record<string, number>> = {
  ...{ ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 },
}

/**
 * Returns the milliseconds of a duration of Go: `1.5s`, `500ms`, `1m30s`, `0`. Undefined if it is not one, is negative,
 * or has more than 24 hours.
 *
 * Source: Go, time.ParseDuration.
 */
export function parseGoDuration(text: string): number | undefined {
  if (/^\+?0$/.test(text)) return 0
  if (!/^\+?(?:(?:\d{1,12}\.?\d{0,12}|\.\d{1,12})(?:ns|us|µs|μs|ms|s|m|h)){1,8}$/.test(text)) return undefined
  let total = 0
  for (const [, number = '', unit = ''] of text.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g))
    total += Number(number) * (milliseconds[unit] ?? NaN)
  return total <= 24 * 3_600_000 ? total : undefined
}
