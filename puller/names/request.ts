/** Converts an image name to a request: which image, from which source, for which platform. */
import { type Limits } from '../../lib/limits.js'
import {
  checkPullable,
  hostPlatform,
  parseImageName,
  parsePlatform,
  targetOf,
  withDefaultTag,
} from '../../lib/image/index.js'
import type { RepositorySource } from '../../lib/registry/index.js'
import type { ImageRequest } from '../../lib/stages/index.js'
import { checkArgument } from '../options/check-options.js'
import { anyText } from '../options/option-codecs.js'
import { localSource } from './local-source.js'

/**
 * Returns the request for the image `typed`.
 * @param platform - `os/arch[/variant]`; undefined for the platform of this machine
 * @throws WindlassError USAGE for a name that is not a string, REFERENCE_INVALID, PLATFORM_INVALID
 */
export function locate(
  typed: string,
  platform: string | undefined,
  registries: RepositorySource,
  limits: Limits,
): ImageRequest {
  checkArgument('a pull', 'name', anyText, typed)
  const requested = platform === undefined ? hostPlatform() : parsePlatform(platform)
  const named = parseImageName(typed)
  if (named.kind !== 'registry') {
    const source = localSource(named, limits)
    const target = targetOf(named)
    return { name: typed, typed, target, digest: undefined, source, platform: requested, limits }
  }
  checkPullable(named.reference)
  const reference = withDefaultTag(named.reference)
  return {
    name: reference.toString(),
    typed: named.reference.typed,
    target: reference.target,
    digest: reference.digest,
    source: registries.repository(reference),
    platform: requested,
    limits,
  }
}
