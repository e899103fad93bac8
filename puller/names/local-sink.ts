/** Makes the target for an image on this machine. */
import { printable } from '../../lib/codec/index.js'
import { WindlassError } from '../../lib/errors.js'
import type { ImageSink, LocalImageName } from '../../lib/image/index.js'
import { LayoutSink, directorySink, dockerArchiveSink, ociArchiveSink } from '../../lib/sinks/index.js'

/**
 * Returns the target. Nothing is written before it is used.
 * @param typed the name as entered, for errors
 * @throws WindlassError USAGE for a position, and for `rootfs:`, which is no target of a copy
 */
export function localSink({ kind, path, position }: LocalImageName, typed: string): ImageSink {
  const what = `Cannot copy to ${printable(typed)}`
  if (position !== undefined)
    throw new WindlassError('USAGE', `${what}: a target has a name, not a position`, {
      reference: typed,
      hint: `Name the image in the ${kind === 'layout' ? 'layout, as in oci:DIR:NAME' : `archive, as in ${kind}:FILE:NAME`}.`,
    })
  switch (kind) {
    case 'layout':
      return new LayoutSink(path)
    case 'oci-archive':
      return ociArchiveSink(path)
    case 'docker-archive':
      return dockerArchiveSink(path)
    case 'directory':
      return directorySink(path)
    case 'rootfs':
      throw new WindlassError('USAGE', `${what}: a root directory is unpacked, not copied`, {
        reference: typed,
        hint: `Run “windlass unpack IMAGE ${printable(path)}”.`,
      })
  }
}
