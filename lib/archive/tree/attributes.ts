/** The attributes of a tree entry as named text values, for comparison and messages. */
import type { TreeEntry } from './entry.js'

/** The name of an attribute; `entry` is the existence of the entry. */
export type TreeAttribute =
  | 'entry'
  | 'type'
  | 'mode'
  | 'uid'
  | 'gid'
  | 'size'
  | 'mtime'
  | 'target'
  | 'hardlink'
  | 'device'
  | 'sha256'
  | `xattr:${string}`

/** Formats a time as seconds and nanoseconds like a `timespec`: nanoseconds are never negative, also before 1970. */
const timespec = (nanoseconds: bigint): string => {
  const billion = 1_000_000_000n
  const rest = ((nanoseconds % billion) + billion) % billion
  return `${(nanoseconds - rest) / billion}.${rest.toString().padStart(9, '0')}`
}

/** Returns the attributes of the entry except path and type; none for an undefined entry. */
export function attributesOf(entry: TreeEntry | undefined): Map<TreeAttribute, string> {
  if (entry === undefined) return new Map()
  const { mode, uid, gid, size, mtime, target, hardlink, device, sha256, xattrs } = entry
  const attributes = new Map<TreeAttribute, string>([
    ['mode', mode.toString(8).padStart(4, '0')],
    ['uid', String(uid)],
    ['gid', String(gid)],
    ['size', String(size)],
    ['mtime', timespec(mtime)],
  ])
  if (target !== undefined) attributes.set('target', target)
  if (hardlink !== undefined) attributes.set('hardlink', hardlink)
  if (device !== undefined) attributes.set('device', `${device.major}:${device.minor}`)
  if (sha256 !== undefined) attributes.set('sha256', sha256)
  for (const [name, value] of xattrs)
    attributes.set(`xattr:${name}`, `0x${Buffer.from(value, 'latin1').toString('hex')}`)
  return attributes
}
