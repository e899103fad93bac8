/** Describes the entries of a layer of a test image. */

/** Type of an entry. `link` is a hard link. */
export type LayerEntryType =
  'file' | 'directory' | 'symlink' | 'link' | 'character-device' | 'block-device' | 'fifo'

/** An entry of the archive of a layer. */
export interface LayerEntry {
  /**
   * Name in the archive as a latin1 string, one character per byte (`byteString` converts text). It is neither checked
   * nor normalised, so that tests can build hostile archives.
   */
  readonly path: string
  /** Type (`directory` if the path ends with `/`, else `file`). */
  readonly type?: LayerEntryType
  /** Content of a file. */
  readonly content?: string | Uint8Array
  /** Permissions with setuid, setgid and sticky (0755 for directories, 0777 for symlinks, else 0644). */
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  /** Seconds since 1970 (0), as a date, a number, or a decimal string with nanoseconds (`'1700000000.123456789'`). */
  readonly mtime?: Date | number | string
  /** Target of a symlink or hard link, as a latin1 string. */
  readonly linkTarget?: string
  readonly device?: { readonly major: number; readonly minor: number }
  /** Extended attributes, written as `SCHILY.xattr.` records. */
  readonly xattrs?: Readonly<Record<string, string | Uint8Array>>
  /** Further pax records. They replace the records that are generated from the other members. */
  readonly pax?: Readonly<Record<string, string>>
}

/** Encodes `text` as UTF-8 and returns the bytes as a latin1 string, the form of `path` and `linkTarget`. */
export const byteString = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

const withBaseName = (path: string, name: (base: string) => string): string => {
  const slash = path.lastIndexOf('/') + 1
  return path.slice(0, slash) + name(path.slice(slash))
}

/** Returns the entry that removes `path` of lower layers (image-spec layer.md, "Whiteouts"). */
export const whiteout = (path: string): LayerEntry => ({
  path: withBaseName(path.replace(/\/$/, ''), (base) => `.wh.${base}`),
  mode: 0,
})

/** Returns the entry that removes the content of the directory `path` of lower layers ("Opaque Whiteout"). */
export const opaque = (path: string): LayerEntry => ({
  path: `${path.replace(/\/$/, '')}/.wh..wh..opq`,
  mode: 0,
})
