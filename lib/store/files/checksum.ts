/**
 * Checksums for the JSON documents of the store that are not named by their digest: the entries of `index.json` and
 * layer records. They reveal corruption. The order of the members does not affect a checksum.
 */
import { createHash } from 'node:crypto'
import { isObject, type JsonObject } from './json-object.js'

/** Returns the SHA-256 of the canonical JSON of `document`, in hex. `document` must not contain its own checksum. */
export const checksumOf = (document: JsonObject): string =>
  createHash('sha256')
    .update(JSON.stringify(canonical(document)))
    .digest('hex')

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (!isObject(value)) return value
  // A list of pairs, because an object orders integer names before all others.
  return Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => [key, canonical(value[key])])
}
