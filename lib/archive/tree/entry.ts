/** An entry of a file tree, with everything that a layer can specify. */

/** The types of tree entries. */
export type TreeEntryType = 'file' | 'directory' | 'symlink' | 'fifo' | 'character' | 'block' | 'socket'

/** An entry of a file tree. */
export interface TreeEntry {
  /** Path relative to the root, as latin1; the root is `.`. */
  readonly path: string
  readonly type: TreeEntryType
  /** Permission, setuid, setgid and sticky bits: 0 to 0o7777. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Size of a file's content in bytes; 0 for other types, for which file systems report arbitrary sizes. */
  readonly size: number
  /** Nanoseconds since 1970; negative before. */
  readonly mtime: bigint
  /** Target of a symlink, as latin1. */
  readonly target?: string
  /** The first path, in byte order, of those that share the inode. Set on all paths but the first. */
  readonly hardlink?: string
  /** Names to values, both as latin1; empty if there are none. */
  readonly xattrs: ReadonlyMap<string, string>
  /** The number of a device. */
  readonly device?: { readonly major: number; readonly minor: number }
  /** SHA-256 of a file's content, in lower-case hex. */
  readonly sha256?: string
}
