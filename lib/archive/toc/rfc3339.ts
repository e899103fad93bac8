/** Parses times as Go writes them into JSON (RFC 3339), to the nanosecond. */

const pattern = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/** Returns nanoseconds since 1970, negative before; undefined if `text` is not a time. */
export function parseRfc3339(text: string): bigint | undefined {
  const [, seconds = '', fraction = '', zone = ''] = pattern.exec(text) ?? []
  const milliseconds = Date.parse(`${seconds}${zone}`)
  if (Number.isNaN(milliseconds)) return undefined
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))
}

/** Formats nanoseconds since 1970 as RFC 3339 in UTC, with as many digits as are needed. */
export function toRfc3339(nanoseconds: bigint): string {
  const rest = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  const seconds = (nanoseconds - rest) / 1_000_000_000n
  const milliseconds = Number(seconds) * 1_000
  // The range of JavaScript dates.
  if (Math.abs(milliseconds) > 8.64e15)
    return seconds < 0n ? '-271821-04-20T00:00:00Z' : '+275760-09-13T00:00:00Z'
  const whole = new Date(milliseconds).toISOString().replace(/\.\d+Z$/, '')
  const fraction = rest === 0n ? '' : `.${rest.toString().padStart(9, '0').replace(/0+$/, '')}`
  return `${whole}${fraction}Z`
}
