/** A directory as a tar archive, by way of `tar-fs`: for exports, the demo image and the images of the test kit. */
import { Readable } from 'node:stream'
import { pack, type Headers, type PackOptions as TarFsOptions } from 'tar-fs'

export interface PackOptions {
  /**
   * The same tree gives the same bytes, wherever and whenever it is packed: times are 0 unless `mtime` says otherwise,
   * the owner is root.
   */
  readonly reproducible?: boolean
  /** For every entry, whatever the tree says. */
  readonly mtime?: Date
  /** The last word on each header: paths, modes, owners. */
  readonly map?: (header: Headers) => Headers
  /** Leaves a path (absolute, as the file system has it) and what is below it out. */
  readonly ignore?: (path: string) => boolean
}

/** Types of tar-fs 3 that lack in its declarations. */
interface Unlisted {
  readonly sort: boolean
  readonly umask: number
}

/**
 * The entries below `directory`, sorted, with full modes. Files, directories and symlinks: a hardlink becomes a file
 * of its own, sockets are left out, and the stream fails with a plain Error on devices and fifos, as `tar-fs` does.
 */
export function packTree(directory: string, options: PackOptions = {}): Readable {
  const { reproducible = false, ignore, map } = options
  const mtime = options.mtime ?? (reproducible ? new Date(0) : undefined)
  const settings: TarFsOptions & Unlisted = {
    sort: true,
    umask: 0,
    ...(ignore === undefined ? {} : { ignore }),
    map: (header) => {
      const named = {
        ...header,
        ...(mtime === undefined ? {} : { mtime }),
        ...(reproducible ? { uid: 0, gid: 0 } : {}),
      }
      return map?.(named) ?? named
    },
  }
  // What tar-fs gives is a stream of another library: like Node's, but none.
  return Readable.from(pack(directory, settings), { objectMode: false })
}
