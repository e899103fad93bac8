/** Maps a digest to a path: `<algorithm>/<hex>`, as in an OCI image layout (image-spec, image-layout.md). */
import { join } from 'node:path'
import { algorithmOf, type Digest, hexOf, parseDigest } from '../../image/index.js'

/**
 * Returns the path of `digest` in `directory`. Validates the digest again, so that no other string becomes a path.
 * @throws WindlassError DIGEST_INVALID when `digest` is not valid
 */
export function digestPath(directory: string, digest: Digest): string {
  const checked = parseDigest(digest)
  return join(directory, algorithmOf(checked), hexOf(checked))
}
