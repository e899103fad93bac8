/** Formats values as the verb %v of Go does. */

/** A value of JSON. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [name: string]: Value }

/** A map is an object of JSON. */
export type ValueMap = { readonly [name: string]: Value }

/** Reports whether a value is a map. */
export const isMap = (value: Value | undefined): value is ValueMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Formats a value: `text`, `12`, `[a b]`, `map[a:1 b:2]`; null and a missing value are `<no value>`. */
export function show(value: Value | undefined): string {
  if (value === undefined || value === null) return '<no value>'
  if (typeof value !== 'object') return String(value)
  if (!isMap(value)) return `[${value.map(show).join(' ')}]`
  return `map[${keysOf(value)
    .map((key) => `${key}:${show(value[key])}`)
    .join(' ')}]`
}

/** Returns the keys of a map in the order in which Go visits them. */
export const keysOf = (map: ValueMap): string[] => Object.keys(map).sort()

/** Reports whether a value counts as true: it is not false, zero, empty or missing. */
export function isTruthy(value: Value | undefined): boolean {
  if (Array.isArray(value)) return value.length > 0
  return isMap(value) ? Object.keys(value).length > 0 : Boolean(value)
}
