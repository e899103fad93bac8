/** Describes images as Docker loads them. */
import type { DockerImage } from '../../archive/index.js'
import { WindlassError } from '../../errors.js'
import {
  type Descriptor,
  checkIsImage,
  checkLayerTypes,
  isImageManifestType,
  parseImageConfig,
  parseImageManifest,
} from '../../image/index.js'

/** A manifest and its descriptor. */
export interface KnownManifest {
  readonly bytes: Buffer
  readonly descriptor: Descriptor
}

/**
 * Checks that Docker can load an image: it is neither an index nor an artifact of another kind.
 * @throws UNSUPPORTED
 */
export function assertLoadable({ bytes, descriptor }: KnownManifest): void {
  const { digest, mediaType } = descriptor
  if (!isImageManifestType(mediaType))
    throw new WindlassError(
      'UNSUPPORTED',
      `Docker cannot load ${digest} from an archive: its type is ${mediaType}, and an archive of “docker save” has single images`,
      {
        digest,
        hint: 'Copy the image for one platform (without --all-platforms), or copy to oci-archive:FILE.',
      },
    )
  const manifest = parseImageManifest(bytes)
  checkIsImage(manifest, { digest })
  checkLayerTypes(manifest.layers, { digest })
}

/**
 * Returns how Docker lists an image; undefined if Docker cannot load it.
 * @param readConfig - reads a config by its descriptor
 */
export function dockerImageOf(
  known: KnownManifest,
  names: readonly string[],
  readConfig: (config: Descriptor) => Buffer,
): DockerImage | undefined {
  try {
    assertLoadable(known)
    const { config, layers } = parseImageManifest(known.bytes)
    const { diff_ids: diffIDs } = parseImageConfig(readConfig(config), { digest: config.digest }).rootfs
    return {
      ...{ config: config.digest, names },
      layers: layers.map(({ digest, size, mediaType }, at) => ({
        ...{ digest, size, mediaType },
        diffID: diffIDs[at] ?? digest,
      })),
    }
  } catch (error) {
    if (error instanceof WindlassError) return undefined
    throw error
  }
}
