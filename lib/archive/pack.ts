/** Packs a directory as a tar archive with `tar-fs`, for exports, the demo image and the images of the test kit. */
import { Readable } from 'node:stream'
import { pack, type Headers, type PackOptions as TarFsOptions } from 'tar-fs'

/** Options of `packTree`. */
export interface PackOptions {
  /** Make the bytes depend only on the tree: unless `mtime` is set, all times are 1970, and the owner is root. */
  readonly reproducible?: boolean
  /** The modification time of every entry. Default: the time of the file, or 1970 if `reproducible`. */
  readonly mtime?: Date
  /** Changes each header before it is written. */
  readonly map?: (header: Headers) => Headers
  /** Returns true for an absolute path to exclude, with everything below it. */
  readonly ignore?: (path: string) => boolean
}

/** Options of tar-fs 3 that its type declarations lack. */
interface UndeclaredOptions {
  readonly sort: boolean
  readonly umask: number
}

/**
 * Packs the entries below `directory`, in order of their names and with their full modes.
 *
 * Packs files, directories and symlinks. A hard link becomes a separate file, and sockets are skipped. The stream fails
 * with a plain Error for devices and FIFOs, like `tar-fs`.
 */
export function packTree(directory: string, options: PackOptions = {}): Readable {
  const { reproducible = false, ignore, map } = options
  const mtime = options.mtime ?? (reproducible ? new Date(0) : undefined)
  const tarFsOptions: TarFsOptions & UndeclaredOptions = {
    sort: true,
    umask: 0,
    ...(ignore === undefined ? {} : { ignore }),
    map: (header) => {
      const adjusted = {
        ...header,
        ...(mtime === undefined ? {} : { mtime }),
        ...(reproducible ? { uid: 0, gid: 0 } : {}),
      }
      return map?.(adjusted) ?? adjusted
    },
  }
  // tar-fs returns a stream of the package streamx, which is not an instance of Node's `Readable`.
  return Readable.from(pack(directory, tarFsOptions), { objectMode: false })
}
