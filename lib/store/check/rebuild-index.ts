/** Rebuilds the `index.json` of a store that has lost it. The new one lists every image, without a name. */
import {
  algorithmOf,
  type Digest,
  digestOf,
  documentLinks,
  isManifestLink,
  mediaTypes,
} from '../../image/index.js'
import { readOutsideFile } from '../../system/outside-file.js'
import { inventory } from '../garbage/inventory.js'
import { isObject, type JsonObject, parseJson } from '../files/json-object.js'

/** Maximum size of a manifest or an index in bytes. Larger blobs are assumed to be layers. */
const maxDocumentBytes = 4 * 1024 ** 2

/**
 * Returns an `index.json` with an entry for each manifest and index that no other document references, so that garbage
 * collection keeps everything in the store.
 */
export async function rebuildIndex(store: string): Promise<string> {
  const documents = new Map<string, JsonObject>()
  const referenced = new Set<string>()
  for (const { kind, digest, path, bytes } of (await inventory(store)).items) {
    if (kind !== 'blob' || bytes > maxDocumentBytes) continue
    const document = parseJson(readVerifiedText(path, digest) ?? '')
    const mediaType = isObject(document) ? mediaTypeOf(document) : undefined
    if (!isObject(document) || mediaType === undefined) continue
    documents.set(digest, { mediaType, digest, size: bytes })
    for (const link of documentLinks(document))
      if (isManifestLink(link)) referenced.add(link.descriptor.digest)
  }
  const manifests = [...documents.entries()]
    .filter(([digest]) => !referenced.has(digest))
    .map(([, entry]) => entry)
  return `${JSON.stringify({ schemaVersion: 2, manifests })}\n`
}

/** Returns the text of the blob, or undefined if the blob cannot be read or its content does not match the digest. */
function readVerifiedText(path: string, digest: Digest): string | undefined {
  try {
    const bytes = readOutsideFile(path, { maxBytes: maxDocumentBytes })
    return digestOf(bytes, algorithmOf(digest)) === digest ? bytes.toString('utf8') : undefined
  } catch {
    return undefined
  }
}

/** Returns the media type of a document that references others, or undefined for other documents. */
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
