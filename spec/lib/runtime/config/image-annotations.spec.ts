import { expect, it } from 'vitest'
import type { ImageConfig } from '../../../../lib/image/index.js'
import { imageAnnotations } from '../../../../lib/runtime/config/image-annotations.js'

const image: ImageConfig = { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] } }

it('annotations of a container are the values of the config that are not empty, and its labels', () => {
  expect(imageAnnotations({ ...image, author: '', config: { ExposedPorts: {} } })).toEqual({
    'org.opencontainers.image.os': 'linux',
    'org.opencontainers.image.architecture': 'amd64',
  })
  const config = {
    ExposedPorts: { '80/tcp': {}, '443/tcp': {} },
    Labels: { 'org.opencontainers.image.os': 'mine' },
  }
  expect(imageAnnotations({ ...image, 'os.features': ['a', 'b'], config })).toMatchObject({
    'org.opencontainers.image.os': 'mine',
    'org.opencontainers.image.os.features': 'a,b',
    'org.opencontainers.image.exposedPorts': '80/tcp,443/tcp',
  })
})
