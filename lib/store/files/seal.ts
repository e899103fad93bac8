/**
 * Seals: checksums for small documents of the store that are not named by their digest, which are names and layer records.
 * Without a seal, corruption of these would go unnoticed. A seal does not depend on the order of members.
 */
import { createHash } from 'node:crypto'
import { isObject, type JsonObject } from './json-object.js'

/** Returns the seal of `document`, which must not contain it yet: the SHA-256 of its canonical JSON, in hex. */
export const sealOf = (document: JsonObject): string =>
  createHash('sha256')
    .update(JSON.stringify(canonical(document)))
    .digest('hex')

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (!isObject(value)) return value
  // A list of pairs, because in an object, names that are integers come first, whatever the order of insertion.
  return Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => [key, canonical(value[key])])
}
