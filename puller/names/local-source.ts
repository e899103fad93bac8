/** Makes the source of an image on this machine. */
import type { ImageSource, LocalImageName } from '../../lib/image/index.js'
import type { Limits } from '../../lib/limits.js'
import {
  LayoutSource,
  directorySource,
  dockerArchiveSource,
  ociArchiveSource,
  rootfsSource,
} from '../../lib/sources/index.js'

/** Returns the source that has the image. No file is read before the source is used. */
export function localSource({ kind, path }: LocalImageName, limits: Limits): ImageSource {
  switch (kind) {
    case 'layout':
      return new LayoutSource(path)
    case 'oci-archive':
      return ociArchiveSource(path, { limits })
    case 'docker-archive':
      return dockerArchiveSource(path, { limits })
    case 'directory':
      return directorySource(path)
    case 'rootfs':
      return rootfsSource(path)
  }
}
