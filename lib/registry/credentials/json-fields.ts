/** Reads fields of JSON objects in files of other programs. `null` is equivalent to a missing field. */

/** The fields of a JSON object by name. */
export type Fields = ReadonlyMap<string, unknown>

/** Returns the fields of an object that are not `null`; undefined if the value is not an object. */
export const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? new Map(Object.entries(value).filter(([, each]) => each !== null))
    : undefined

/** Returns a string field: an empty string if it is missing, undefined if it has another type. */
export function textOf(fields: Fields, name: string): string | undefined {
  const value = fields.get(name) ?? ''
  return typeof value === 'string' ? value : undefined
}
