/** Provides the type of JSON objects with unknown members, and its type guard. */

/** A JSON object with unknown members. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Returns whether `value` is an object and not an array. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
