import { describe, expect, it } from 'vitest'
import {
  parseManifest,
  digestOf,
  mediaTypes,
  ociManifestOf,
  parseImageManifest,
} from '../../../../lib/image/index.js'

const digest = digestOf(Buffer.from('a layer'))
const dockerTypes = Object.entries(mediaTypes).filter(([name]) => /^docker(Foreign)?Layer/.test(name))
const schema2 = {
  schemaVersion: 2 as const,
  mediaType: mediaTypes.dockerManifest,
  config: { mediaType: mediaTypes.dockerConfig, digest: digestOf(Buffer.from('{}')), size: 2 },
  layers: dockerTypes.map(([, mediaType]) => ({
    mediaType,
    digest,
    size: 7,
    urls: ['https://example.com/layer'],
  })),
}

describe('a schema 2 manifest as an OCI one', () => {
  const { bytes, descriptor } = ociManifestOf(schema2)

  it('is an OCI manifest of the same config and layers, with no type of Docker left', () => {
    const document = parseManifest({
      bytes,
      contentType: descriptor.mediaType,
      host: 'spec',
      reference: 'spec',
    })
    expect(document).toMatchObject({ kind: 'image', descriptor })
    const { config, layers } = parseImageManifest(bytes)
    expect([config.digest, ...layers.map((layer) => layer.digest)]).toEqual([
      schema2.config.digest,
      ...schema2.layers.map((layer) => layer.digest),
    ])
    expect(bytes.toString()).not.toContain('vnd.docker')
    expect(layers[0]).toMatchObject({ size: 7, urls: ['https://example.com/layer'] })
  })

  it('is always the same bytes', () => {
    expect(ociManifestOf(structuredClone(schema2)).bytes.equals(bytes)).toBe(true)
  })

  it('keeps unknown layer types', () => {
    const odd = { ...schema2, layers: [{ mediaType: 'application/vnd.example.layer', digest, size: 7 }] }
    expect(parseImageManifest(ociManifestOf(odd).bytes).layers[0]?.mediaType).toBe(
      'application/vnd.example.layer',
    )
  })

  it('keeps the annotations', () => {
    const annotations = { 'org.example.a': 'b' }
    expect(parseImageManifest(ociManifestOf({ ...schema2, annotations }).bytes).annotations).toEqual(
      annotations,
    )
    expect(parseImageManifest(bytes)).not.toHaveProperty('annotations')
  })
})
