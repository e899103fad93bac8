import { describe, expect, it } from 'vitest'
import { digestOf, mediaTypes } from '../../../lib/image/index.js'
import type { DescribedImage } from '../../../pipelines/index.js'
import type { DockerImage } from '../../../server/docker/docker-images.js'
import { chooseImage, platformOf } from '../../../server/docker/platforms.js'

const described = (entry: string, platform: string): DescribedImage =>
  ({
    ...{ entry, platform },
    manifest: { mediaType: mediaTypes.ociManifest, digest: digestOf(Buffer.from(entry + platform)), size: 1 },
  }) as unknown as DescribedImage
const amd = described('app', 'linux/amd64')
const arm = described('app', 'linux/arm/v7')
const other = described('other', 'linux/arm64')
const found = { image: amd } as unknown as DockerImage

describe('the platform of a request', () => {
  it('is read from JSON', () => {
    for (const text of [undefined, '']) expect(platformOf(text)).toBeUndefined()
    expect(platformOf('{"os":"linux","architecture":"arm","variant":"v7"}')).toMatchObject({
      ...{ os: 'linux', architecture: 'arm', variant: 'v7' },
    })
    expect(platformOf('{"os":"linux","architecture":"amd64","variant":""}')).toMatchObject({
      architecture: 'amd64',
    })
  })

  it.each(['{', '"linux/amd64"', '{"os":"linux"}', '{"os":"linux","architecture":1}'])(
    'is refused: %s',
    (text) => {
      expect(() => platformOf(text)).toThrow(expect.objectContaining({ status: 400 }))
    },
  )

  it('selects an image of the index, or the one that Docker would use', () => {
    const all = [other, amd, arm]
    const choose = (platform?: object) =>
      chooseImage(found, all, platform && JSON.stringify(platform), 'app:1')
    expect(choose()).toBe(amd)
    expect(choose({ os: 'linux', architecture: 'arm', variant: 'v7' })).toBe(arm)
    expect(choose({ os: 'linux', architecture: 'amd64' })).toBe(amd)
    expect(choose({ os: 'linux', architecture: 'arm64' })).toBe(arm)
    expect(() => choose({ os: 'linux', architecture: 's390x' })).toThrow(
      expect.objectContaining({
        status: 404,
        message:
          'image with reference app:1 was found but does not provide the specified platform (linux/s390x)',
      }),
    )
  })
})
