/** The entries of `index.json` as a collector needs them: all of them, named or not, or an error. */
import { readFile } from 'node:fs/promises'
import { IndexDocument } from './index-document.js'
import { isObject, type JsonObject } from './json-object.js'
import { unlessMissing } from './store-error.js'

/**
 * An empty file reads as no names elsewhere (S0-75); here that would be a reason to remove everything.
 * @throws WindlassError STORE_CORRUPT where the file is missing, empty or no index
 */
export async function readIndex(path: string): Promise<readonly JsonObject[]> {
  const text = await unlessMissing(readFile(path, 'utf8'))
  return IndexDocument.parse(text ?? '', path).entries.filter(isObject)
}
