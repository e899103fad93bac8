import { describe, expect, it } from 'vitest'
import { decideType } from '../../../../lib/image/documents/manifest-type.js'
import { mediaTypes } from '../../../../lib/image/documents/media-types.js'

const document = { code: 'MANIFEST_INVALID', what: 'the manifest' } as const
const image = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: {}, layers: [] }

describe('the type of a manifest', () => {
  // Programs in Go match keys whatever their case, so they may read another type out of such a document.
  it.each(['SchemaVersion', 'MediaType', 'Manifests', 'Layers', 'CONFIG', 'fslayers'])(
    'is not read from a document with the key %s',
    (key) => {
      const kind = (body: object): string => decideType(body, {}, document).kind
      expect(kind(image)).toBe('image')
      expect(() => kind({ ...image, [key]: mediaTypes.ociIndex })).toThrow(
        `the key "${key}" differs only in case from a known key`,
      )
    },
  )
})
