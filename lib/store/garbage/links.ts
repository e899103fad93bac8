/** Where a document leads to, whatever kind it is: an index, a manifest of an image or an artifact, schema 1. */
import { type Digest, isDigest } from '../../image/index.js'
import { isObject, type JsonObject } from '../files/json-object.js'

export interface DocumentLinks {
  /** What leads on: manifests and indexes. */
  readonly documents: readonly Digest[]
  readonly configs: readonly Digest[]
  /** What leads nowhere: layers and blobs. */
  readonly others: readonly Digest[]
}

/** Reads generously: a link too many costs space, one too few costs data. */
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
