/**
 * Where in a directory a digest's file stands: `<algorithm>/<hex>`, as in an OCI image layout (image-spec,
 * image-layout.md). A digest is checked here once more, so that nothing else ever becomes a path.
 */
import { join } from 'node:path'
import { algorithmOf, type Digest, hexOf, parseDigest } from '../../image/index.js'

/** @throws WindlassError DIGEST_INVALID where `digest` is none */
export function digestPath(directory: string, digest: Digest): string {
  const checked = parseDigest(digest)
  return join(directory, algorithmOf(checked), hexOf(checked))
}
