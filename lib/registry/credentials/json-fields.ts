/** The fields of JSON objects from files whose format is not ours: `null` is the same as absent. */

export type Fields = ReadonlyMap<string, unknown>

/** The fields of an object that are not `null`; undefined for any other value. */
export const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? new Map(Object.entries(value).filter(([, each]) => each !== null))
    : undefined

/** A text; empty if absent; undefined if it is something else. */
export function textOf(fields: Fields, name: string): string | undefined {
  const value = fields.get(name) ?? ''
  return typeof value === 'string' ? value : undefined
}
