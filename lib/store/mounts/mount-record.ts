/** The format of `mount.json`, which describes an image that is mounted from the store. */
import { type Digest, isDigest } from '../../image/index.js'
import { isObject, parseJson } from '../files/json-object.js'

/**
 * How the tree of an image is made available: `overlay` mounts the layers; `reflink` shares the content of files until
 * they are written to; `link` makes hard links to the files of the layers; `copy` unpacks the image.
 */
export type MountMethod = 'overlay' | 'reflink' | 'link' | 'copy'

/** All methods, in order of preference. */
export const mountMethods = ['overlay', 'reflink', 'link', 'copy'] as const satisfies readonly MountMethod[]

/** A mount, as its record describes it. */
export interface MountRecord {
  /** 16 hexadecimal digits. */
  readonly id: string
  /** Absolute path of the mount point. */
  readonly target: string
  readonly image: string
  /** Digest of the manifest. */
  readonly manifest: Digest
  readonly method: MountMethod
  readonly writable: boolean
  /** Whether the directory `target` was made for the mount, and is removed with it. */
  readonly madeTarget: boolean
  /** The mount namespace of the mount; undefined if it is unknown. */
  readonly namespace?: string
  /** Inode of the tree at `target`, for methods other than `overlay`. */
  readonly inode?: string
  /** What the mount needs. Garbage collection keeps it. */
  readonly holds: readonly Digest[]
}

const version = 1

/** Serializes a record. */
export const formatMountRecord = (record: MountRecord): string =>
  `${JSON.stringify({ version, ...record }, undefined, 2)}\n`

/** Parses the record of the mount `id`; undefined if it is malformed or of a newer version. */
export function parseMountRecord(text: string, id: string): MountRecord | undefined {
  const value = parseJson(text)
  if (!isObject(value) || value['version'] !== version) return undefined
  const { target, image, manifest, method, writable, madeTarget, namespace, inode, holds } = value
  const known = mountMethods.find((each) => each === method)
  if (typeof target !== 'string' || typeof image !== 'string' || !isDigest(manifest) || !known)
    return undefined
  if (!Array.isArray(holds) || !holds.every(isDigest)) return undefined
  return {
    ...{ id, target, image, manifest, holds, method: known },
    ...{ writable: writable === true, madeTarget: madeTarget === true },
    ...(typeof namespace === 'string' && { namespace }),
    ...(typeof inode === 'string' && { inode }),
  }
}
