/** Packs a directory as a tar archive with `tar-fs`, for exports, the demo image and the images of the test kit. */
import { Readable } from 'node:stream'
import fs from 'node:fs'
import { pack, type PackOptions as TarFsOptions } from 'tar-fs'

/** The header of an entry, as tar-fs makes it. Declared here, so that programs need no declarations of tar-fs. */
export interface PackHeader {
  name: string
  mode: number
  mtime: Date
  /** In bytes. */
  size: number
  type: 'file' | 'directory' | 'link' | 'symlink'
  uid: number
  gid: number
}

/** Options of `packTree`. */
export interface PackOptions {
  /** Make the bytes depend only on the tree: unless `mtime` is set, all times are 1970, and the owner is root. */
  readonly reproducible?: boolean
  /** The modification time of every entry. Default: the time of the file, or 1970 if `reproducible`. */
  readonly mtime?: Date
  /** Changes each header before it is written. */
  readonly map?: (header: PackHeader) => PackHeader
  /** Returns true for an absolute path to exclude, with everything below it. */
  readonly ignore?: (path: string) => boolean
  /** Keep hard links, as links to the first name (false: each becomes a separate file). */
  readonly hardLinks?: boolean
  /** Receives the names of devices and FIFOs, which are left out. Default: they are an error. */
  readonly onSkipped?: (name: string) => void
}

/** Options of tar-fs 3 that its type declarations lack. */
interface UndeclaredOptions {
  readonly sort: boolean
  readonly umask: number
  readonly fs: typeof fs
  /** Declared, but only for streams of files. */
  readonly mapStream?: (content: fs.ReadStream, header: PackHeader) => Readable
}

/**
 * Packs the entries below `directory`, in order of their names and with their full modes.
 *
 * Packs files, directories and symlinks. Sockets are skipped. Extended attributes are not kept. The stream fails with a plain
 * Error for devices and FIFOs, like `tar-fs`, unless `onSkipped` is given.
 */
export function packTree(directory: string, options: PackOptions = {}): Readable {
  const { reproducible = false, ignore, map, hardLinks = false, onSkipped } = options
  const links = new LinkFinder()
  const mtime = options.mtime ?? (reproducible ? new Date(0) : undefined)
  const tarFsOptions: Omit<TarFsOptions, 'mapStream'> & UndeclaredOptions = {
    sort: true,
    umask: 0,
    strict: onSkipped === undefined,
    fs: links.fs,
    ...(ignore === undefined ? {} : { ignore }),
    ...(hardLinks && { mapStream: withoutContentOfLinks }),
    map: (header) => {
      if (links.isSpecial) onSkipped?.(header.name)
      const adjusted = {
        ...header,
        ...(hardLinks && links.linkTo(header)),
        ...(mtime === undefined ? {} : { mtime }),
        ...(reproducible ? { uid: 0, gid: 0 } : {}),
      }
      return map?.(adjusted) ?? adjusted
    },
  }
  // tar-fs returns a stream of the package streamx, which is not an instance of Node's `Readable`. Its declarations lack options.
  return Readable.from(pack(directory, tarFsOptions as unknown as TarFsOptions), { objectMode: false })
}

/** Finds hard links. tar-fs examines one entry at a time, so the last result of `lstat` is that of the header in `map`. */
class LinkFinder {
  #last: fs.Stats | undefined
  /** First names of the files that have several, by device and inode. */
  readonly #names = new Map<string, string>()

  /** The calls of node:fs for tar-fs. */
  readonly fs = {
    ...fs,
    lstat: (path: string, done: (error: NodeJS.ErrnoException | null, stats?: fs.Stats) => void): void =>
      fs.lstat(path, (error, stats) => {
        this.#last = stats
        done(error, stats)
      }),
  } as typeof fs

  /** Whether the entry is a device or a FIFO. */
  get isSpecial(): boolean {
    const last = this.#last
    return last !== undefined && !last.isFile() && !last.isDirectory() && !last.isSymbolicLink()
  }

  /** Returns what makes the header one of a link; undefined for the first name of a file, and for other entries. */
  linkTo({
    name,
  }: PackHeader): (Pick<PackHeader, 'type' | 'size'> & { readonly linkname: string }) | undefined {
    const last = this.#last
    if (!last?.isFile() || last.nlink < 2) return undefined
    const key = `${last.dev}:${last.ino}`
    const linkname = this.#names.get(key)
    if (linkname !== undefined) return { type: 'link', linkname, size: 0 }
    this.#names.set(key, name)
    return undefined
  }
}

/** A link has no content. */
function withoutContentOfLinks(content: fs.ReadStream, { type }: PackHeader): Readable {
  if (type !== 'link') return content
  content.destroy()
  return Readable.from([])
}
