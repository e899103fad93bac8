/** Parses JSON files of the store without trusting their content. */
import { isTooDeep } from '../../codec/index.js'

export { type JsonObject, isObject } from '../../codec/json-object.js'

/** Parses `text`. Returns undefined if it is not JSON, or nested too deeply to be serialized again. */
export function parseJson(text: string): unknown {
  try {
    return isTooDeep(text) ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
