/** The attributes of an entry by name, each as text: what the comparer compares and prints. */
import type { TreeEntry } from './entry.js'

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

/** Seconds and nanoseconds as a `timespec` has them: the nanoseconds count upwards before 1970 too. */
const timespec = (nanoseconds: bigint): string => {
  const billion = 1_000_000_000n
  const rest = ((nanoseconds % billion) + billion) % billion
  return `${(nanoseconds - rest) / billion}.${rest.toString().padStart(9, '0')}`
}

/** Whatever the entry has besides path and type; an undefined entry has nothing. */
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
