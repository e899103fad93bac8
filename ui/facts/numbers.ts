/** Writes sizes, rates, times and shares as the page shows them: decimal units, one decimal below 100, seconds rounded up. */

/** Stands for what is not known, or none. */
export const unknown = '–'

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** `950 kB`, `1.4 MB`, `224 MB`. */
export function bytes(count: number): string {
  let value = Math.max(0, count)
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value.toFixed(unit > 0 && value < 99.95 ? 1 : 0)} ${units[unit] ?? 'B'}`
}

/** `12.3 MB/s`. */
export const rate = (bytesPerSecond: number): string => `${bytes(bytesPerSecond)}/s`

const two = (value: number): string => String(value).padStart(2, '0')

/** `48 s`, `1 min 12 s`, `2 h 05 min`. Seconds round up. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`
}

/** How long something took: `0.4 s`, `7.4 s`, `12 s`, `1 min 12 s`. */
export const took = (milliseconds: number): string =>
  milliseconds < 9_950 ? `${(Math.max(0, milliseconds) / 1000).toFixed(1)} s` : duration(milliseconds / 1000)

/** `0:46`, `1:02:05`: seconds on an axis. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds)
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`
}

/** Per cent, rounded down. 100 only if the work is done. */
export const percent = (fraction: number, isDone = false): number =>
  isDone ? 100 : Math.min(99, Math.max(0, Math.floor(fraction * 100)))

/** The first 12 digits, or as many as are asked for, without the name of the algorithm. */
export const digits = (digest: string, count = 12): string => digest.replace(/^[^:]*:/, '').slice(0, count)

/** `14:02:31`, in the clock of the reader. */
export const timeOfDay = (at: number): string => {
  const date = new Date(at)
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** `14:02`, `yesterday`, `12 Nov`: when something was. */
export function day(at: number, now: number): string {
  const date = new Date(at)
  const midnight = new Date(now).setHours(0, 0, 0, 0)
  if (at >= midnight) return `${two(date.getHours())}:${two(date.getMinutes())}`
  if (at >= midnight - 86_400_000) return 'yesterday'
  return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })
}

/** `2 min ago`, `1 h ago`, `6 d ago`. */
export function ago(at: number, now: number): string {
  const minutes = Math.floor((now - at) / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${minutes} min ago`
  return minutes < 1440 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} d ago`
}

/** `1,234`. */
export const count = (value: number): string => value.toFixed(0).replace(/\B(?=(?:\d{3})+$)/g, ',')

/** `1 layer`, `2 layers`. */
export const counted = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? '' : 's'}`

/** Splits `1 min 47 s` into numbers with their units, so that units can be smaller. */
export const numbersAndUnits = (text: string): readonly (readonly [number: string, unit: string])[] =>
  [...text.matchAll(/(\S+)(?: (\S+))?/g)].map(([, number = '', unit = '']) => [number, unit] as const)
