/** Makes the request of a line for an image of a source. */
import { type ImageSource, hostPlatform, isDigest } from '../image/index.js'
import type { ImageRequest } from './elements.js'

/**
 * Returns the request for the image that `source` has under a tag or a digest. Its name in messages and events is made of
 * host, repository and tag; pass another one in `options`.
 *
 * @param options - Members of the request that differ, such as `platform` (default: that of this machine)
 * @example
 * await run(Flow.of(imageRequest(source, '3.20')).pipe(line)).done
 */
export function imageRequest(
  source: ImageSource,
  tagOrDigest: string,
  options: Partial<Omit<ImageRequest, 'source' | 'target'>> = {},
): ImageRequest {
  const digest = isDigest(tagOrDigest) ? tagOrDigest : undefined
  const repository = source.repository === undefined ? source.host : `${source.host}/${source.repository}`
  const name = `${repository}${digest === undefined ? ':' : '@'}${tagOrDigest}`
  const platform = hostPlatform()
  return { name, typed: options.name ?? name, digest, platform, ...options, source, target: tagOrDigest }
}
