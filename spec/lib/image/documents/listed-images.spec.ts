import { describe, expect, it } from 'vitest'
import { isImageOrIndexEntry, mediaTypes } from '../../../../lib/image/index.js'
import { descriptorOf } from '../../../support/store/images-in-a-store.js'

describe('isImageOrIndexEntry', () => {
  const entry = descriptorOf('x', mediaTypes.ociManifest)

  it.each([
    [{ os: 'linux', architecture: 'arm64' }, true],
    [{ os: 'windows', architecture: 'amd64' }, true],
    [{ os: 'unknown', architecture: 'unknown' }, false],
    [{ os: 'linux', architecture: 'unknown' }, false],
    [{ os: 'unknown', architecture: 'amd64' }, false],
    [undefined, true],
  ] as const)('%j: %s', (platform, is) => {
    expect(isImageOrIndexEntry({ ...entry, ...(platform && { platform }) })).toBe(is)
  })
})
