/**
 * A check inside a small document of the store's own, over all else that it says: what is named by its digest needs
 * none, but a name or a record that has rotted would be believed. Other programs may order the members as they like.
 */
import { createHash } from 'node:crypto'
import { isObject, type JsonObject } from './json-object.js'

/** The check for `document`, which must not hold one yet: SHA-256 of its JSON with all members in order, in hex. */
export const sealOf = (document: JsonObject): string =>
  createHash('sha256')
    .update(JSON.stringify(inOrder(document)))
    .digest('hex')

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (!isObject(value)) return value
  // As pairs: the order of an object's members depends on what they are called.
  return Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => [key, inOrder(value[key])])
}
