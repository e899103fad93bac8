/**
 * Checksums for small documents of the store that are not named by their digest: names and layer records. Without them,
 * corruption would go unnoticed. The checksum does not depend on the order of members.
 */
import { createHash } from 'node:crypto'
import { isObject, type JsonObject } from './json-object.js'

/** Returns the checksum of `document`, which must not contain it yet: the SHA-256 of its canonical JSON, in hex. */
export const sealOf = (document: JsonObject): string =>
  createHash('sha256')
    .update(JSON.stringify(canonical(document)))
    .digest('hex')

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (!isObject(value)) return value
  // Pairs, because the order of object members depends on their names.
  return Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => [key, canonical(value[key])])
}
