/** Finds the references in a document of any kind: an index, an image or artifact manifest, or a schema 1 manifest. */
import { type Digest, isDigest } from '../../image/index.js'
import { isObject, type JsonObject } from '../files/json-object.js'

/** The digests that a document references. */
export interface DocumentLinks {
  /** Manifests and indexes, which reference other content. */
  readonly documents: readonly Digest[]
  readonly configs: readonly Digest[]
  /** Layers and other blobs, which reference nothing. */
  readonly others: readonly Digest[]
}

/**
 * Returns the references of `document`. Tolerant of malformed documents: an extra reference costs space, a missing one
 * costs data.
 */
export function documentLinks(document: JsonObject): DocumentLinks {
  const { manifests, subject, config, layers, blobs, fsLayers } = document
  return {
    documents: [...digestsIn(manifests), ...digestsIn([subject])],
    configs: digestsIn([config]),
    others: [...digestsIn(layers), ...digestsIn(blobs), ...digestsIn(fsLayers, 'blobSum')],
  }
}

function digestsIn(list: unknown, key = 'digest'): Digest[] {
  if (!Array.isArray(list)) return []
  return list.map((each: unknown) => (isObject(each) ? each[key] : undefined)).filter(isDigest)
}
