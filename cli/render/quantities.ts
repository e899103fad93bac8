/** Bytes, rates and times as people read them. */

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Three digits that count and a decimal unit: `0 B`, `999 B`, `1.23 kB`, `45.6 MB`, `789 GB`. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes)
  let unit = 0
  // 999.5 would be rounded to 1000 of the smaller unit.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${value.toFixed(digits)} ${units[unit] ?? 'B'}`
}

/** `1 second`, `5 seconds`: whole, rounded up. */
export function formatSeconds(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000))
  return seconds === 1 ? '1 second' : `${seconds} seconds`
}

/** `12s`, `3m05s`, `2h07m`: time that is left. */
export function formatTimeLeft(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`
  return `${Math.floor(seconds / 3600)}h${two((seconds % 3600) / 60)}m`
}
