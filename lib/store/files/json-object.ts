/** Parses JSON files of the store without trusting their content. */

import { isTooDeep } from '../../codec/index.js'

/** Parses `text`. Returns undefined if it is not JSON, or nested too deeply to be serialized again. */
export function parseJson(text: string): unknown {
  try {
    return isTooDeep(text) ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A JSON object with unknown members. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Reports whether `value` is an object and not an array. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
