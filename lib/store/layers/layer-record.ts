/**
 * `layer.json`: what stands beside a layer's unpacked trees and says what they are.
 */
import { type Digest, isDigest } from '../../image/index.js'
import { isObject, parseJson } from '../files/json-object.js'
import { sealOf } from '../files/seal.js'

/** How a tree says that a lower layer's file is gone: devices 0/0 and opaque attributes, or `.wh.` files. */
export type WhiteoutForm = 'overlay' | 'aufs'

/** A blob that the layer was unpacked from. */
export interface LayerBlob {
  readonly digest: Digest
  readonly size: number
  readonly mediaType: string
}

export interface LayerTree {
  /** The directory's name, beside the record. */
  readonly rootfs: string
  /** Bytes of the unpacked layer, as a tar. */
  readonly size: number
}

export interface LayerRecord {
  readonly diffID: Digest
  /** One diffID may have come as several blobs: compressed otherwise. */
  readonly blobs: readonly LayerBlob[]
  readonly forms: { readonly [form in WhiteoutForm]?: LayerTree }
  /**
   * Directories of the trees that no entry of the layer names, `.` for the root, each character of a path one byte of it.
   * In the image, they have the attributes that a lower layer gave them. Undefined where that is not known: records before
   * 0.2 do not say, nor do those of layers that have too many.
   */
  readonly implied?: readonly string[]
}

/** 1 had no check. No one bit makes the one of the other. */
const version = 2
const unsealed = 1

/** The record of a layer that was unpacked from nothing yet. */
export const emptyRecord = (diffID: Digest): LayerRecord => ({ diffID, blobs: [], forms: {} })

/** `record` with one more blob, unless it has that already. */
export function withBlob(record: LayerRecord, { digest, size, mediaType }: LayerBlob): LayerRecord {
  if (record.blobs.some((blob) => blob.digest === digest)) return record
  return { ...record, blobs: [...record.blobs, { digest, size, mediaType }] }
}

export function formatRecord(record: LayerRecord): string {
  const document = { version, ...record }
  return `${JSON.stringify({ ...document, sha256: sealOf(document) }, undefined, 2)}\n`
}

/** What `text` records of the layer `diffID`; undefined where it is no such record, a rotten one, or one of a newer version. */
export function parseRecord(text: string, diffID: Digest): LayerRecord | undefined {
  const value = parseJson(text)
  if (!isObject(value) || value['diffID'] !== diffID) return undefined
  const { sha256, ...document } = value
  const holds = document['version'] === version ? sha256 === sealOf(document) : sha256 === undefined
  if (!holds || (document['version'] !== version && document['version'] !== unsealed)) return undefined
  const { blobs, forms, implied } = document
  if (!Array.isArray(blobs) || !blobs.every(isBlob) || !isObject(forms)) return undefined
  const { overlay, aufs } = forms
  return {
    diffID,
    blobs,
    forms: { ...(isTree(overlay) && { overlay }), ...(isTree(aufs) && { aufs }) },
    ...(isPaths(implied) && { implied }),
  }
}

function isBlob(value: unknown): value is LayerBlob {
  return (
    isObject(value) &&
    isDigest(value['digest']) &&
    typeof value['size'] === 'number' &&
    typeof value['mediaType'] === 'string'
  )
}

const isPaths = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((path) => typeof path === 'string')

/** A name of ours only: a record must not lead out of its directory. */
function isTree(value: unknown): value is LayerTree {
  return (
    isObject(value) &&
    typeof value['rootfs'] === 'string' &&
    /^rootfs(\.\w+)?$/.test(value['rootfs']) &&
    typeof value['size'] === 'number'
  )
}
