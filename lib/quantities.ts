/** Formats sizes, durations and counts for people. */

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Formats a number of bytes with three significant digits and a decimal unit: `0 B`, `999 B`, `1.23 kB`, `45.6 MB`. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes)
  let unit = 0
  // toFixed would round 999.5 to 1000 of the smaller unit.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${value.toFixed(digits)} ${units[unit] ?? 'B'}`
}

const binaryUnits = [
  ['TiB', 2 ** 40],
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
] as const

/**
 * Formats a number of bytes exactly: `4 MiB` if it is a whole number of a binary unit, otherwise `1,234 bytes`. Used
 * for limits and for sizes that the reader has to compare.
 */
export function formatExactBytes(bytes: number): string {
  const unit = binaryUnits.find(([, size]) => bytes >= size && bytes % size === 0)
  return unit && Number.isFinite(bytes) ? `${bytes / unit[1]} ${unit[0]}` : formatCount(bytes, 'byte')
}

/** Formats a number with a comma after each three digits: `1,234`. */
export const formatNumber = (value: number): string =>
  Number.isInteger(value) ? value.toFixed(0).replace(/\B(?=(?:\d{3})+$)/g, ',') : String(value)

/** Formats a count with its noun in the singular or plural: `1 layer`, `2 layers`, `1,234 bytes`. */
export const formatCount = (count: number, noun: string, plural = `${noun}s`): string =>
  `${formatNumber(count)} ${count === 1 ? noun : plural}`

/** Formats milliseconds as whole seconds, rounded up: `1 second`, `5 seconds`. */
export const formatSeconds = (milliseconds: number): string =>
  formatCount(Math.max(0, Math.ceil(milliseconds / 1000)), 'second')

/**
 * Formats elapsed milliseconds as seconds, rounded to tenths below 10 seconds: `0.3 seconds`, `1 second`, `12 seconds`.
 */
export function formatElapsed(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000
  return formatCount(seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds), 'second')
}

/**
 * Formats the milliseconds of a timeout or a delay. Up to 120 seconds exactly: `0.3 seconds`, `90 seconds`. Longer
 * times are rounded up: `5 minutes`, `24 hours`, `3 days`.
 */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds)) / 1000
  if (seconds <= 120) return formatCount(seconds, 'second')
  if (seconds <= 7_200) return formatCount(Math.ceil(seconds / 60), 'minute')
  if (seconds <= 172_800) return formatCount(Math.ceil(seconds / 3_600), 'hour')
  return formatCount(Math.ceil(seconds / 86_400), 'day')
}

/** Formats a remaining time in milliseconds: `12s`, `3m05s`, `2h07m`. */
export function formatTimeLeft(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  const twoDigits = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${twoDigits(seconds % 60)}s`
  return `${Math.floor(seconds / 3600)}h${twoDigits((seconds % 3600) / 60)}m`
}

/** Formats an age in milliseconds with its largest unit, rounded down, for columns: `45s`, `12m`, `30h`, `9d`, `3y`. */
export function formatAge(milliseconds: number): string {
  const unit = ageUnits.find(([, length]) => milliseconds >= 2 * length) ?? (['s', 1_000] as const)
  return `${Math.max(0, Math.floor(milliseconds / unit[1]))}${unit[0]}`
}

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** A unit is used from twice its length on, so that an age has at least two digits, or is less than two seconds. */
const ageUnits = [
  ['y', 365 * day],
  ['d', day],
  ['h', hour],
  ['m', minute],
] as const

const scales = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40, P: 2 ** 50 } as const
const isScale = (text: string): text is keyof typeof scales => Object.hasOwn(scales, text)

/**
 * Parses a number of bytes: `500`, `64M`, `1.5GB`, `20 GiB`. The units are powers of 1024 with and without `i`, as in
 * the options of Docker (`units.RAMInBytes`). A fraction of a byte is dropped. Returns undefined for anything else.
 */
export function parseBytes(text: string): number | undefined {
  const [, digits = '', scale = '?'] = /^(\d+(?:\.\d+)?) ?([KMGTP]?)(?:i?B)?$/i.exec(text) ?? []
  const unit = scale.toUpperCase()
  const bytes = isScale(unit) ? Math.floor(Number(digits) * scales[unit]) : NaN
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

const durationUnits = { ms: 1, s: second, m: minute, h: hour, d: day, w: 7 * day } as const
const isDurationUnit = (text: string): text is keyof typeof durationUnits =>
  Object.hasOwn(durationUnits, text)

/**
 * Parses a duration into milliseconds: `90s`, `1h30m`, `1.5h` as Go writes them, and `7d`, `2w`. A day has 24 hours.
 * Returns undefined for anything else, also for a number without a unit.
 */
export function parseDuration(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+$/.test(text)) return undefined
  let milliseconds = 0
  for (const [, digits, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)([a-z]+)/g))
    milliseconds += isDurationUnit(unit) ? Number(digits) * durationUnits[unit] : NaN
  return Number.isSafeInteger(Math.floor(milliseconds)) ? milliseconds : undefined
}
