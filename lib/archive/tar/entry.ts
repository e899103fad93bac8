/** One entry of a tar archive as the reader tells it, and who is told: what stands between parsing and applying. */

export type EntryType =
  'file' | 'directory' | 'symlink' | 'hardlink' | 'character-device' | 'block-device' | 'fifo'

export interface TarEntry {
  /**
   * The bytes of the name as a latin1 string, as in the archive and not cleaned.
   * A pax `path` goes before a GNU long name, that before the header's prefix and name.
   */
  readonly path: string
  readonly type: EntryType
  /** Bytes of the file as it will be in the tree (a sparse file: expanded, holes included); 0 for all but files. */
  readonly size: number
  /** Permission, setuid, setgid and sticky bits (0o7777). */
  readonly mode: number
  /** 0 to 2^32 - 1, which no file can have: `chown` takes it as "leave it as it is". */
  readonly uid: number
  readonly gid: number
  /** Nanoseconds since the epoch; may be negative. */
  readonly mtime: bigint
  /** Target of a symlink or hardlink as latin1, as in the archive; empty for all else. */
  readonly linkTarget: string
  /** Of a character or block device; it may be one that Linux does not have. */
  readonly device: { readonly major: number; readonly minor: number } | undefined
  /** Names (latin1) without the `SCHILY.xattr.` prefix; values byte for byte. */
  readonly xattrs: ReadonlyMap<string, Buffer>
  readonly sparse: boolean
}

/** Called synchronously, in archive order: for each entry `entry`, `data` any number of times, `end`. */
export interface EntryHandler {
  entry(entry: TarEntry): void
  /** `offset` is in the file as it will be (holes are skipped); `chunk` is only valid during the call. */
  data(chunk: Buffer, offset: number): void
  end(): void
}
