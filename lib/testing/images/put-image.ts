/** Puts a built image or index into a registry. */
import type { BuiltImage } from './build-image.js'
import type { BuiltIndex } from './build-index.js'

/** Receives the blobs and manifests of an image. The embedded registry implements it. */
export interface ImageTarget {
  /** Takes a blob. */
  putBlob(bytes: Buffer): unknown
  /** Takes a manifest, under its tag or by its digest. */
  putManifest(repository: string, tagOrDigest: string, bytes: Buffer, mediaType: string): unknown
}

/**
 * Puts `image` into a repository under `tag`: blobs first, then manifests, the tagged one last. The images of an index
 * are stored by digest.
 */
export async function putImage(
  target: ImageTarget,
  repository: string,
  tag: string,
  image: BuiltImage | BuiltIndex,
): Promise<void> {
  if ('children' in image) {
    for (const child of image.children) await putImage(target, repository, child.manifest.digest, child)
  } else {
    for (const bytes of image.blobs.values()) await target.putBlob(bytes)
  }
  await target.putManifest(repository, tag, image.manifest.bytes, image.manifest.mediaType)
}
