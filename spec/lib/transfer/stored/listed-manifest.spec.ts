import { describe, expect, it } from 'vitest'
import { type ImageDocument, digestOf, mediaTypes, parseManifest } from '../../../../lib/image/index.js'
import { type BuiltImage, tinyImage } from '../../../../lib/testing/images/index.js'
import { listedManifest } from '../../../../lib/transfer/stored/listed-manifest.js'

function documentOf({ manifest }: BuiltImage): ImageDocument {
  const { bytes, mediaType: contentType } = manifest
  const document = parseManifest({ bytes, contentType, host: 'h', reference: 'app:1' })
  if (document.kind !== 'image') throw new Error('it is not an image')
  const annotations = { 'org.example': 'kept' }
  return { ...document, descriptor: { ...document.descriptor, annotations } }
}

describe('the manifest that a name refers to', () => {
  it('is that of the image', () => {
    const document = documentOf(tinyImage())
    expect(listedManifest(document)).toEqual({ descriptor: document.descriptor, bytes: document.bytes })
  })

  it('is an OCI manifest with the same config and layers for an image of Docker, and names the original', () => {
    const document = documentOf(tinyImage({ format: 'docker' }))
    const { descriptor, bytes } = listedManifest(document)
    expect(descriptor).toMatchObject({
      ...{ mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.length },
      annotations: { 'org.example': 'kept', 'io.windlass.manifest.digest': document.descriptor.digest },
    })
    const listed = JSON.parse(bytes.toString()) as { config: object; layers: object[] }
    const { config, layers } = document.manifest
    expect(listed.config).toMatchObject({ mediaType: mediaTypes.ociConfig, digest: config.digest })
    expect(listed.layers).toMatchObject(layers.map(({ digest, size }) => ({ digest, size })))
  })
})
