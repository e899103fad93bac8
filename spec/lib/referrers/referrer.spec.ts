import { describe, expect, it } from 'vitest'
import { type ImageManifest, mediaTypes, parseManifest } from '../../../lib/image/index.js'
import { artifactTypeOf, subjectOf } from '../../../lib/referrers/index.js'
import { descriptor, ociIndex, ociManifest, schema1 } from '../../../testbench/documents/documents.js'

const manifest = (configType: string, ...layers: string[]): ImageManifest => ({
  ...{ schemaVersion: 2, mediaType: mediaTypes.ociManifest },
  config: descriptor(configType) as ImageManifest['config'],
  layers: layers.map((type) => descriptor(type) as ImageManifest['config']),
})

describe('the artifact type of a manifest', () => {
  it('is the one that the manifest states', () => {
    expect(artifactTypeOf({ ...manifest('a/config', 'a/layer'), artifactType: 'a/type' })).toBe('a/type')
  })

  it('is the media type of the config if the manifest states none', () => {
    for (const type of ['a/config', 'x/application/vnd.oci.image.config.v1+json'])
      expect(artifactTypeOf(manifest(type, 'a/layer'))).toBe(type)
  })

  it.each([mediaTypes.ociConfig, 'application/vnd.docker.container.image.v1+json'])(
    'is the media type of the first layer if the config is that of an image: %s',
    (type) => {
      expect(artifactTypeOf(manifest(type, 'a/first', 'a/second'))).toBe('a/first')
      expect(artifactTypeOf(manifest(type))).toBe(type)
    },
  )
})

describe('the subject of a manifest', () => {
  it('is that of images and indexes; schema 1 has none', () => {
    const subject = descriptor('a/subject')
    const parsed = (document: object) =>
      parseManifest({
        ...{ bytes: Buffer.from(JSON.stringify(document)), contentType: undefined },
        ...{ host: 'registry.test', reference: 'app:1' },
      })
    for (const document of [ociManifest, ociIndex]) {
      expect(subjectOf(parsed({ ...document, subject }))?.digest).toBe(subject.digest)
      expect(subjectOf(parsed(document))).toBeUndefined()
    }
    expect(subjectOf(parsed(schema1))).toBeUndefined()
  })
})
