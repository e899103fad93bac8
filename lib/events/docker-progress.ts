/** Formats a count of bytes as Docker does: the bar of a line, and sizes such as `3.408MB`. */

/** Width of the bar, in characters. */
const width = 50

/** Returns the text of Docker's bar: `[=====>     ]  1.049MB/3.408MB`; the count alone if the total is not known. */
export function dockerProgress(current: number, total: number): string {
  if (current <= 0 && total <= 0) return ''
  const done = dockerSize(current)
  if (total <= 0) return done.padStart(8)
  const filled = Math.min(width, Math.trunc(Math.trunc((current / total) * 100) / 2))
  const bar = `[${'='.repeat(filled)}>${' '.repeat(width - filled)}] `
  return bar + done.padStart(8) + (current > total ? '' : `/${dockerSize(total)}`)
}

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Returns a size with four significant digits, in units of 1,000. */
export function dockerSize(bytes: number): string {
  let [size, unit] = [bytes, 0]
  for (; size >= 1_000 && unit < units.length - 1; unit++) size /= 1_000
  // Like "%.4g" of Go: no trailing zeros.
  return `${String(Number(size.toPrecision(4)))}${units[unit]!}`
}
