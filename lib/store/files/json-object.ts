/** JSON that the store wrote, or somebody after it: nothing is known of it until it is looked at. */

import { isTooDeep } from '../../codec/index.js'

/** What `text` says; undefined where it is no JSON, or nested so deep that it could not be written again. */
export function parseJson(text: string): unknown {
  try {
    return isTooDeep(text) ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
