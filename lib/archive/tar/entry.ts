/** The entries of a tar archive, as passed from the reader to its handlers. */

/** The types of entries. */
export type EntryType =
  'file' | 'directory' | 'symlink' | 'hardlink' | 'character-device' | 'block-device' | 'fifo'

/** An entry of a tar archive. */
export interface TarEntry {
  /**
   * The name as a latin1 string with one character per byte, as in the archive and not normalized. A GNU long name
   * takes precedence over a pax `path`, which takes precedence over prefix and name of the header.
   */
  readonly path: string
  readonly type: EntryType
  /** Size of the unpacked file in bytes, with holes expanded; 0 for other types. */
  readonly size: number
  /** Permission, setuid, setgid and sticky bits (0o7777). */
  readonly mode: number
  /** 0 to 2^32 - 1. No file can have the owner 2^32 - 1, which `chown` interprets as "do not change". */
  readonly uid: number
  readonly gid: number
  /** Nanoseconds since 1970; negative before. */
  readonly mtime: bigint
  /** Target of a symlink or hard link as latin1, as in the archive; empty for other types. */
  readonly linkTarget: string
  /** The number of a device, possibly one that Linux does not support; undefined for other types. */
  readonly device: { readonly major: number; readonly minor: number } | undefined
  /** Names (latin1) without the prefix `SCHILY.xattr.`, and values as bytes. */
  readonly xattrs: ReadonlyMap<string, Buffer>
  /** Whether the file may have holes. */
  readonly sparse: boolean
}

/** Receives the entries synchronously, in archive order: `entry`, then `data` any number of times, then `end`. */
export interface EntryHandler {
  /** Starts an entry. */
  entry(entry: TarEntry): void
  /**
   * Content of the entry at `offset` in the unpacked file. Holes are skipped. `chunk` is valid only during the call.
   */
  data(chunk: Buffer, offset: number): void
  /** Ends the entry. */
  end(): void
}
