/** Packs a directory of the file system as the archive of a layer. */
import path from 'node:path'
import { packTree } from '../../archive/pack.js'

/** Options of `packDirectory`. */
export interface PackDirectoryOptions {
  /** Directory in the image that receives the files. Default: the root. */
  readonly under?: string
  /** Returns true for files to leave out. Receives absolute paths. */
  readonly ignore?: (path: string) => boolean
}

/**
 * Returns the archive of `directory`. So that the same files give the same bytes on every machine, all entries belong
 * to root, have the time 0, and have mode 0755 if anyone may execute them, else 0644.
 * @throws the error of the file system when a file cannot be read
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
  for await (const part of archive) parts.push(part as Buffer) // without an encoding, the chunks are buffers
  return Buffer.concat(parts)
}
