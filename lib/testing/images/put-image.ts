/** Puts a built image or index into a registry: the blobs first, then the manifests, the named one last. */
import type { BuiltImage } from './build-image.js'
import type { BuiltIndex } from './build-index.js'

/** What takes it: the test registry, or anything that can be wrapped to look like it. */
export interface ImageTarget {
  putBlob(bytes: Buffer): unknown
  putManifest(repository: string, tagOrDigest: string, bytes: Buffer, mediaType: string): unknown
}

/** `tag` names `image`; what an index leads to is there by digest. */
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
