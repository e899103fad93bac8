import { describe, expect, it } from 'vitest'
import { blobsOf, parseImageManifest } from '../../../../lib/image/documents/image-manifest.js'
import { bytesOf, dockerManifest, ociManifest } from '../../../../testbench/documents/documents.js'
import { failure } from '../../../support/image/failure.js'

const refused = (change: object): string =>
  failure(() => parseImageManifest(bytesOf({ ...ociManifest, ...change }))).message

describe('ImageManifest', () => {
  it('may have no layers, and has digests of the right form and schema version 2 (S0-44)', () => {
    for (const layers of [[], null, undefined])
      expect(parseImageManifest(bytesOf({ ...ociManifest, layers })).layers).toEqual([])
    expect(refused({ config: { ...ociManifest.config, digest: 'sha256' } })).toContain(
      'config.digest: expected',
    )
    expect(refused({ schemaVersion: 3 })).toContain('schemaVersion: expected 2, got 3')
    expect(parseImageManifest(bytesOf(dockerManifest))).toEqual(dockerManifest)
  })

  it('needs its config and each layer once (S0-25, S0-26)', () => {
    const [a, b] = ociManifest.layers
    const manifest = parseImageManifest(bytesOf({ ...ociManifest, layers: [a, b, a] }))
    expect(manifest.layers).toHaveLength(3)
    expect(blobsOf(manifest)).toEqual([ociManifest.config, a, b])
  })

  it('rejects a digest with two sizes', () => {
    const [a] = ociManifest.layers
    expect(refused({ layers: [a, { ...a, size: 99 }] })).toContain(
      'is listed with two sizes, 3 bytes and 99 bytes',
    )
  })

  it('fills in the media type that the position implies: config or layer', () => {
    const notices: string[] = []
    for (const mediaType of ['', null, undefined]) {
      const [a] = ociManifest.layers
      const manifest = {
        ...ociManifest,
        config: { ...ociManifest.config, mediaType },
        layers: [{ ...a, mediaType }],
      }
      const { config, layers } = parseImageManifest(bytesOf(manifest), {
        notice: (text) => notices.push(text),
      })
      expect(config).toEqual(ociManifest.config)
      expect(layers).toEqual([{ ...a, mediaType: 'application/octet-stream' }])
    }
    expect(new Set(notices)).toEqual(
      new Set([
        'config.mediaType: it is missing; an image config is assumed',
        'layers[0].mediaType: it is missing; a layer is assumed',
      ]),
    )
  })

  it('accepts a config that is also a layer (S0-61)', () => {
    const manifest = parseImageManifest(bytesOf({ ...ociManifest, layers: [ociManifest.config] }))
    expect(blobsOf(manifest)).toEqual([ociManifest.config])
  })
})
