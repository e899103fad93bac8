/** Reads the `subject` of a manifest: the manifest that it refers to (image-spec manifest.md, image-index.md). */
import type { Digest } from '../digest/digest.js'
import { isTooDeep } from '../../codec/json-text.js'
import { isObject } from '../../codec/json-object.js'
import { readDescriptor } from './descriptor.js'

/** Returns the digest of the subject of a manifest or an index; undefined if it has none or is not valid. */
export function readSubject(bytes: Buffer): Digest | undefined {
  const text = bytes.toString('utf8')
  if (!text.includes('"subject"') || isTooDeep(text)) return undefined
  try {
    const document: unknown = JSON.parse(text)
    return isObject(document) ? readDescriptor(document['subject'])?.digest : undefined
  } catch {
    return undefined
  }
}
