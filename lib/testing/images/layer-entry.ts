/** What a layer of a test image holds, said in code: one entry of its archive, in the order in which it stands there. */

export type LayerEntryType =
  'file' | 'directory' | 'symlink' | 'link' | 'character-device' | 'block-device' | 'fifo'

export interface LayerEntry {
  /**
   * The name in the archive, byte for byte as a latin1 string (`byteString` makes one of any text). Nothing is checked
   * or normalised: hostile names are what a test kit is for.
   */
  readonly path: string
  /** A file unless said otherwise; a directory where the path ends with `/`. */
  readonly type?: LayerEntryType
  readonly content?: string | Uint8Array
  /** Permissions with setuid, setgid and sticky: 0755 for directories, 0777 for symlinks, else 0644. */
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  /** Seconds since 1970, parts of a second too, as a date or as a decimal (`'1700000000.123456789'`). */
  readonly mtime?: Date | number | string
  /** Of symlinks and hard links, as a latin1 string. */
  readonly linkTarget?: string
  readonly device?: { readonly major: number; readonly minor: number }
  /** Extended attributes, as `SCHILY.xattr.` records. */
  readonly xattrs?: Readonly<Record<string, string | Uint8Array>>
  /** More pax records, as they are; they win over what is made of the other members. */
  readonly pax?: Readonly<Record<string, string>>
}

/** `text` as the bytes of its UTF-8, in the latin1 form in which names of entries are carried. */
export const byteString = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

const beside = (path: string, name: (base: string) => string): string => {
  const slash = path.lastIndexOf('/') + 1
  return path.slice(0, slash) + name(path.slice(slash))
}

/** Says that `path` of the layers below is gone (image-spec layer.md, "Whiteouts"). */
export const whiteout = (path: string): LayerEntry => ({
  path: beside(path.replace(/\/$/, ''), (base) => `.wh.${base}`),
  mode: 0,
})

/** Says that nothing of the layers below stays in the directory `path` (image-spec layer.md, "Opaque Whiteout"). */
export const opaque = (path: string): LayerEntry => ({
  path: `${path.replace(/\/$/, '')}/.wh..wh..opq`,
  mode: 0,
})
