/** The format of `leases/ID.json`, which protects an image from garbage collection for a time. */
import { type Digest, isDigest } from '../../image/index.js'
import { checksumOf } from '../files/checksum.js'
import { isObject, parseJson } from '../files/json-object.js'

/** A lease: while it lasts, garbage collection removes neither the image nor its name. */
export interface Lease {
  /** 16 hexadecimal digits. */
  readonly id: string
  /** Who needs the image, in words that its owner chose. */
  readonly owner: string
  /** Name of the image when the lease was made; its digest if it had no name. */
  readonly image: string
  /** Digest of the manifest or index that the name pointed at. */
  readonly digest: Digest
  /** In milliseconds since 1970. */
  readonly createdAt: number
  /** In milliseconds since 1970; undefined for a lease that lasts until it is removed. */
  readonly expiresAt?: number
}

/** A lease with everything that it protects. */
export interface LeaseRecord extends Lease {
  /** Digests of documents, blobs and layers, stored or not. */
  readonly holds: readonly Digest[]
}

const version = 1

/** Returns whether `lease` has ended at `now`, in milliseconds since 1970. */
export const hasExpired = ({ expiresAt }: Pick<Lease, 'expiresAt'>, now: number): boolean =>
  expiresAt !== undefined && expiresAt <= now

/** Serializes a record with its checksum. */
export function formatLease(record: LeaseRecord): string {
  const document = { version, ...record }
  return `${JSON.stringify({ ...document, sha256: checksumOf(document) }, undefined, 2)}\n`
}

/** Parses the record of the lease `id`; undefined if it is malformed, damaged or of a newer version. */
export function parseLease(text: string, id: string): LeaseRecord | undefined {
  const value = parseJson(text)
  if (!isObject(value)) return undefined
  const { sha256, ...document } = value
  if (document['version'] !== version || sha256 !== checksumOf(document)) return undefined
  const { owner, image, digest, createdAt, expiresAt, holds } = document
  if (document['id'] !== id || typeof owner !== 'string' || typeof image !== 'string') return undefined
  if (!isDigest(digest) || typeof createdAt !== 'number') return undefined
  if (expiresAt !== undefined && typeof expiresAt !== 'number') return undefined
  if (!Array.isArray(holds) || !holds.every(isDigest)) return undefined
  return { ...{ id, owner, image, digest, createdAt, holds }, ...(expiresAt !== undefined && { expiresAt }) }
}
