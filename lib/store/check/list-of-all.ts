/** A list of names for a store that has lost its own: every image that is in it, without a name. */
import { algorithmOf, type Digest, digestOf, mediaTypes } from '../../image/index.js'
import { readOutsideFile } from '../../system/outside-file.js'
import { inventory } from '../garbage/inventory.js'
import { documentLinks } from '../garbage/links.js'
import { isObject, type JsonObject, parseJson } from '../files/json-object.js'

/** Bytes; larger things are layers. */
const maxDocumentBytes = 4 * 1024 ** 2

/** An `index.json` with an entry for each manifest and index that no other leads to: with them, all that is here is needed. */
export async function listOfAll(store: string): Promise<string> {
  const found = new Map<string, JsonObject>()
  const led = new Set<string>()
  for (const { kind, digest, path, bytes } of (await inventory(store)).things) {
    if (kind !== 'blob' || bytes > maxDocumentBytes) continue
    const document = parseJson(textOf(path, digest) ?? '')
    const mediaType = isObject(document) ? mediaTypeOf(document) : undefined
    if (!isObject(document) || mediaType === undefined) continue
    found.set(digest, { mediaType, digest, size: bytes })
    for (const each of documentLinks(document).documents) led.add(each)
  }
  const manifests = [...found.entries()].filter(([digest]) => !led.has(digest)).map(([, entry]) => entry)
  return `${JSON.stringify({ schemaVersion: 2, manifests })}\n`
}

/** Undefined where the bytes are not those of the digest: what is damaged leads nowhere. */
function textOf(path: string, digest: Digest): string | undefined {
  try {
    const bytes = readOutsideFile(path, { maxBytes: maxDocumentBytes })
    return digestOf(bytes, algorithmOf(digest)) === digest ? bytes.toString('utf8') : undefined
  } catch {
    return undefined
  }
}

/** Undefined for what is no document that leads on. */
function mediaTypeOf({ mediaType, manifests, config, layers, fsLayers }: JsonObject): string | undefined {
  const shape = Array.isArray(manifests)
    ? mediaTypes.ociIndex
    : isObject(config) && Array.isArray(layers)
      ? mediaTypes.ociManifest
      : Array.isArray(fsLayers)
        ? mediaTypes.dockerSchema1Signed
        : undefined
  return shape && typeof mediaType === 'string' ? mediaType : shape
}
