/** Packs a directory of this machine into a layer: for images that are built of files one has. */
import path from 'node:path'
import { packTree } from '../../archive/pack.js'

export interface PackDirectoryOptions {
  /** The directory of the image in which the files stand; its root unless said otherwise. */
  readonly under?: string
  /** Leaves out the files for which it says true; asked with absolute paths. */
  readonly ignore?: (path: string) => boolean
}

/**
 * The archive of `directory`: everything owned by root, dated 1970 and readable by everybody, so that the same files
 * give the same bytes on every machine.
 * @throws whatever the file system says of a file that cannot be read.
 */
export async function packDirectory(directory: string, options: PackDirectoryOptions = {}): Promise<Buffer> {
  const { under = '', ignore } = options
  const archive = packTree(directory, {
    reproducible: true,
    ...(ignore && { ignore }),
    map: (header) => ({
      ...header,
      name: path.posix.join(under, header.name, header.type === 'directory' ? '/' : ''),
      mode: header.mode & 0o111 ? 0o755 : 0o644,
    }),
  })
  const parts: Buffer[] = []
  for await (const part of archive) parts.push(part as Buffer) // no encoding is set: its chunks are buffers
  return Buffer.concat(parts)
}
