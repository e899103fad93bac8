/** Provides `imageRequest`, which creates the input of a pull pipeline. */
import { type ImageSource, hostPlatform, isDigest } from '../image/index.js'
import type { ImageRequest } from './elements.js'

/**
 * Returns the request for the image that `source` has under a tag or a digest. Its name in messages and events consists
 * of host, repository and tag or digest, unless `options` has another one.
 *
 * @param options - members of the request to override, such as `platform` (default: the platform of this machine)
 * @example
 * await run(Flow.of(imageRequest(source, '3.20')).pipe(pullPipeline)).done
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
