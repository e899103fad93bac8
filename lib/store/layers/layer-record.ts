/** The format of `layer.json`, which describes the unpacked trees in the directory of a layer. */
import { type Digest, isDigest } from '../../image/index.js'
import { isObject, type JsonObject, parseJson } from '../files/json-object.js'
import { checksumOf } from '../files/checksum.js'

/**
 * How a tree marks a file of a lower layer as removed: `overlay` with character devices 0/0 and opaque attributes
 * (overlayfs), `aufs` with `.wh.` files.
 */
export type WhiteoutForm = 'overlay' | 'aufs'

/** A blob that the layer was unpacked from. */
export interface LayerBlob {
  readonly digest: Digest
  readonly size: number
  readonly mediaType: string
  /**
   * Whether the blob was kept in the store. If false, it was discarded on purpose, so its absence is not damage.
   * Undefined if unknown: in records that Windlass 0.1 wrote.
   */
  readonly kept?: boolean | undefined
}

/** An unpacked tree of the layer. */
export interface LayerTree {
  /** Name of its directory, relative to the record. */
  readonly rootfs: string
  /** Size of the uncompressed tar archive of the layer, in bytes. */
  readonly size: number
}

/** The content of `layer.json`. */
export interface LayerRecord {
  readonly diffID: Digest
  /** The blobs that the layer was unpacked from: a layer may be compressed in several ways. */
  readonly blobs: readonly LayerBlob[]
  readonly forms: { readonly [form in WhiteoutForm]?: LayerTree }
  /**
   * Directories that the trees contain although the layer has no entry for them. In the image, such a directory has the
   * attributes that a lower layer states. Paths are latin1 strings with one character per byte; `.` is the root. Undefined
   * if unknown: in records that Windlass 0.1 wrote, and if a layer has too many such directories.
   */
  readonly implied?: readonly string[]
}

/**
 * The current version of the format. Version 1 had no checksum. The digits 1 and 2 differ in two bits, so that one flipped
 * bit does not turn a record with a checksum into one without.
 */
const version = 2
const versionWithoutChecksum = 1

/** Returns the record of a layer without blobs and trees. */
export const emptyRecord = (diffID: Digest): LayerRecord => ({ diffID, blobs: [], forms: {} })

/**
 * Returns `record` with the blob added; `record` itself if it has the blob already and `kept` need not become true. A blob
 * that was kept once remains `kept`, because a later pull that discards its blobs does not remove it from the store.
 */
export function withBlob(record: LayerRecord, { digest, size, mediaType, kept }: LayerBlob): LayerRecord {
  const known = record.blobs.find((blob) => blob.digest === digest)
  if (known && (known.kept || kept !== true)) return record
  const blob = { ...(known ?? { digest, size, mediaType }), ...(kept !== undefined && { kept }) }
  return {
    ...record,
    blobs: known ? record.blobs.map((each) => (each === known ? blob : each)) : [...record.blobs, blob],
  }
}

/** Serializes `record` with its checksum. */
export function formatRecord(record: LayerRecord): string {
  const document = { version, ...record }
  return `${JSON.stringify({ ...document, sha256: checksumOf(document) }, undefined, 2)}\n`
}

/**
 * Parses the record of the layer `diffID`; undefined if `text` is malformed, corrupt, of a newer version or of another
 * layer.
 */
export function parseRecord(text: string, diffID: Digest): LayerRecord | undefined {
  const value = parseJson(text)
  if (!isObject(value) || value['diffID'] !== diffID) return undefined
  const { sha256, ...document } = value
  if (!hasValidChecksum(document, sha256)) return undefined
  const { blobs, forms, implied } = document
  if (!Array.isArray(blobs) || !blobs.every(isBlob) || !isObject(forms)) return undefined
  const { overlay, aufs } = forms
  return {
    diffID,
    blobs: blobs.map(pickKnownFields),
    forms: { ...(isTree(overlay) && { overlay }), ...(isTree(aufs) && { aufs }) },
    ...(isPaths(implied) && { implied }),
  }
}

function hasValidChecksum(document: JsonObject, checksum: unknown): boolean {
  if (document['version'] === version) return checksum === checksumOf(document)
  return document['version'] === versionWithoutChecksum && checksum === undefined
}

function isBlob(value: unknown): value is LayerBlob {
  return (
    isObject(value) &&
    isDigest(value['digest']) &&
    typeof value['size'] === 'number' &&
    typeof value['mediaType'] === 'string'
  )
}

const pickKnownFields = ({ digest, size, mediaType, kept }: LayerBlob): LayerBlob => ({
  ...{ digest, size, mediaType },
  ...(typeof kept === 'boolean' && { kept }),
})

const isPaths = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((path) => typeof path === 'string')

/** Accepts only `rootfs` and `rootfs.WORD` as directory names, so that a record cannot point outside of its directory. */
function isTree(value: unknown): value is LayerTree {
  return (
    isObject(value) &&
    typeof value['rootfs'] === 'string' &&
    /^rootfs(\.\w+)?$/.test(value['rootfs']) &&
    typeof value['size'] === 'number'
  )
}
