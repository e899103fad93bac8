/** Converts entries of the tree of an image to `ListedFile`, the form in which callers receive them. */
import { ownerIdOf } from '../rootfs/owners.js'
import { isImageXattr } from '../rootfs/xattrs.js'
import type { EntryType, TarEntry } from '../tar/entry.js'
import { isOverlayXattr } from '../whiteouts/form.js'
import type { FlatEntry } from './flat-tree.js'

/** Type of a file of an image. Hard links have the type of what they link to. */
export type FileType = Exclude<EntryType, 'hardlink'>

/** A file, directory, link or device of an image, with the attributes that `unpack` gives it as root. */
export interface ListedFile {
  /** Absolute path in the image. Bytes that are not UTF-8 become U+FFFD. */
  readonly path: string
  /** The path without its first slash, with one character per byte. */
  readonly rawPath: string
  readonly type: FileType
  /** Permission, setuid, setgid and sticky bits: 0 to 0o7777. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes of a file; 0 for other types. */
  readonly size: number
  /** Nanoseconds since 1970; negative before. */
  readonly mtime: bigint
  /** Target of a symlink, as in the archive. */
  readonly linkTarget?: string
  /** The first path, in byte order, of those that share the content. Set on all paths but the first. */
  readonly hardlink?: string
  /** The number of a device. */
  readonly device?: { readonly major: number; readonly minor: number }
  /** Names and values of extended attributes; absent if there are none. */
  readonly xattrs?: ReadonlyMap<string, Buffer>
  /**
   * Position of the layer with its entry, from 0 for the base; undefined for a directory without an entry of its own.
   */
  readonly layer: number | undefined
}

/** The attributes of a directory without an entry of its own. */
const unlistedAttributes = { type: 'directory', mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0n } as const

/** Converts an entry of the tree. */
export function toListedFile(entry: FlatEntry): ListedFile {
  if ('leaf' in entry) return toListedLeaf(entry.path, entry.leaf.entry, entry.hardlink, entry.leaf.layer)
  const { path, directory } = entry
  if (directory.entry === undefined) return { ...pathsOf(path), ...unlistedAttributes, layer: undefined }
  return { ...pathsOf(path), ...attributesOf(directory.entry, 'directory'), layer: directory.listedIn }
}

/** Converts an entry that is not a directory. `path` and `hardlink` are latin1. */
export function toListedLeaf(
  path: string,
  entry: TarEntry,
  hardlink: string | undefined,
  layer: number,
): ListedFile {
  const { type, linkTarget, device } = entry
  const isDevice = type === 'character-device' || type === 'block-device'
  return {
    ...pathsOf(path),
    ...attributesOf(entry, type as FileType), // hard links are resolved to their targets
    ...(type === 'symlink' && { linkTarget: utf8Of(linkTarget) }),
    ...(hardlink !== undefined && { hardlink: `/${utf8Of(hardlink)}` }),
    ...(isDevice && { device: device ?? { major: 0, minor: 0 } }),
    layer,
  }
}

function attributesOf(entry: TarEntry, type: FileType) {
  const { mode, uid, gid, size, mtime } = entry
  const xattrs = [...entry.xattrs].filter(([name]) => isImageXattr(name) && !isOverlayXattr(name))
  return {
    ...{ type, mtime, size: type === 'file' ? size : 0 },
    ...{ uid: ownerIdOf(uid), gid: ownerIdOf(gid), mode: type === 'symlink' ? 0o777 : mode },
    ...(xattrs.length > 0 && { xattrs: new Map(xattrs.map(([name, value]) => [utf8Of(name), value])) }),
  }
}

const pathsOf = (path: string): Pick<ListedFile, 'path' | 'rawPath'> => ({
  path: `/${utf8Of(path)}`,
  rawPath: path,
})

/** Converts a latin1 string with one character per byte to text, decoding the bytes as UTF-8. */
export const utf8Of = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8')
