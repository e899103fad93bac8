/** The platform that a request asks for. */
import * as t from 'io-ts'
import { type Platform, formatPlatform, matchPlatform, parsePlatform } from '../../lib/image/index.js'
import type { DescribedImage } from '../../pipelines/index.js'
import type { DockerImage } from './docker-images.js'
import { DockerError } from './failure.js'

const PlatformJson = t.intersection([
  t.type({ os: t.string, architecture: t.string }),
  t.partial({ variant: t.string }),
])

/** Reads a platform, JSON as in most requests; undefined if there is none. @throws DockerError 400 */
export function platformOf(text: string | undefined): Platform | undefined {
  if (text === undefined || text === '') return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new DockerError(400, 'failed to parse platform')
  }
  const decoded = PlatformJson.decode(value)
  if (decoded._tag === 'Left') throw new DockerError(400, 'failed to parse platform')
  const { os, architecture, variant } = decoded.right
  return parsePlatform([os, architecture, ...(variant ? [variant] : [])].join('/'))
}

/** Returns the image that a request means: of an index, that of the requested platform. @throws DockerError 404 */
export function chooseImage(
  { image }: DockerImage,
  described: readonly DescribedImage[],
  text: string | undefined,
  name: string,
): DescribedImage {
  const platform = platformOf(text)
  if (!platform) return image
  const images = described.filter(({ entry }) => entry === image.entry)
  const candidates = images.map((each) => ({ ...each.manifest, platform: parsePlatform(each.platform) }))
  const [found] = matchPlatform(platform, candidates)
  const at = found === undefined ? -1 : candidates.indexOf(found)
  if (at === -1)
    throw new DockerError(
      404,
      `image with reference ${name} was found but does not provide the specified platform (${formatPlatform(platform)})`,
    )
  return images[at]!
}
