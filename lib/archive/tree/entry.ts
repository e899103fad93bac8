/** One entry of a file tree with everything of it that a layer can carry: what two unpackers must agree on. */

export type TreeEntryType = 'file' | 'directory' | 'symlink' | 'fifo' | 'character' | 'block' | 'socket'

export interface TreeEntry {
  /** Relative to the root, its bytes as latin1; the root itself is `.`. */
  readonly path: string
  readonly type: TreeEntryType
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes of content; 0 for everything but files, where a file system may say what it likes. */
  readonly size: number
  /** Nanoseconds since 1970; negative before. */
  readonly mtime: bigint
  /** Target of a symlink as it stands, its bytes as latin1. */
  readonly target?: string
  /** Where other paths of the tree are the same inode: the first of them, in byte order. */
  readonly hardlink?: string
  /** Names to values, both as latin1; none is an empty map. */
  readonly xattrs: ReadonlyMap<string, string>
  readonly device?: { readonly major: number; readonly minor: number }
  /** Of the content of a file, in lower-case hex. */
  readonly sha256?: string
}
