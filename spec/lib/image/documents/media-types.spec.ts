import { describe, expect, it } from 'vitest'
import {
  compressionOf,
  isConfigType,
  isForeignLayerType,
  isGenericType,
  isImageManifestType,
  isIndexType,
  isLayerType,
  isSchema1Type,
  manifestAccept,
  mediaTypes,
  parseMediaType,
} from '../../../../lib/image/documents/media-types.js'

describe('media types', () => {
  it('asks for every manifest in one header, schema 2 and schema 1 first (S0-14, S2-13)', () => {
    expect(manifestAccept.split(', ')).toEqual([
      'application/vnd.docker.distribution.manifest.v2+json',
      'application/vnd.docker.distribution.manifest.v1+json',
      'application/vnd.docker.distribution.manifest.v1+prettyjws',
      'application/vnd.docker.distribution.manifest.list.v2+json',
      'application/vnd.oci.image.manifest.v1+json',
      'application/vnd.oci.image.index.v1+json',
    ])
  })

  it('has one role for each type', () => {
    const roles = [isImageManifestType, isIndexType, isSchema1Type, isConfigType, isLayerType]
    for (const type of Object.values(mediaTypes))
      expect(roles.filter((is) => is(type))).toHaveLength(type === mediaTypes.ociEmpty ? 0 : 1)
    expect(isConfigType('application/octet-stream')).toBe(true)
    expect(isGenericType('application/json')).toBe(true)
  })

  it('derives compression and foreign layers from the type (S2-58)', () => {
    expect(compressionOf(mediaTypes.dockerLayerGzip)).toBe('gzip')
    expect(compressionOf(mediaTypes.ociForeignLayerZstd)).toBe('zstd')
    expect(compressionOf(mediaTypes.ociLayer)).toBe('none')
    expect(compressionOf(mediaTypes.ociConfig)).toBeUndefined()
    const foreign = Object.values(mediaTypes).filter(isForeignLayerType)
    expect(foreign).toHaveLength(5)
    expect(foreign.every((type) => /foreign|nondistributable/.test(type))).toBe(true)
  })

  it.each([
    ['application/json', 'application/json'],
    [' Application/JSON ; charset=utf-8', 'application/json'],
    ['a/b;', 'a/b'],
    ['', undefined],
    ['json', undefined],
    ['a/b c', undefined],
    ['a/b, c/d', undefined],
    ['a/b\u0000', undefined],
    [undefined, undefined],
  ])('%j is %j (S2-15)', (header, expected) => {
    expect(parseMediaType(header)).toBe(expected)
  })
})
