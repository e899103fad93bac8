import { describe, expect, it } from 'vitest'
import { isListedImage, mediaTypes } from '../../../../lib/image/index.js'
import { descriptorOf } from '../../../support/store/images-in-a-store.js'

describe('isListedImage', () => {
  const entry = descriptorOf('x', mediaTypes.ociManifest)

  it.each([
    [{ os: 'linux', architecture: 'arm64' }, true],
    [{ os: 'windows', architecture: 'amd64' }, true],
    [{ os: 'unknown', architecture: 'unknown' }, false],
    [undefined, true],
  ] as const)('%j: %s', (platform, is) => {
    expect(isListedImage({ ...entry, ...(platform && { platform }) })).toBe(is)
  })
})
