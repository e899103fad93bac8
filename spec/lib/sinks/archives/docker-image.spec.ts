import { describe, expect, it } from 'vitest'
import { type Descriptor, type ImageDocument, digestOf, mediaTypes } from '../../../../lib/image/index.js'
import { assertLoadable, dockerImageOf } from '../../../../lib/sinks/archives/docker-image.js'
import { buildImage, buildIndex } from '../../../../lib/testing/images/index.js'
import { artifact } from '../../../support/artifacts.js'

const layers = ['a', 'b'].map((path) => ({ entries: [{ path, content: path }] }))
const image = buildImage({ layers })

/** A manifest with the parts of `image` that `change` does not replace. */
function changed(change: object): Pick<ImageDocument, 'bytes'> & { descriptor: Descriptor } {
  const bytes = Buffer.from(
    JSON.stringify({ ...(JSON.parse(image.manifest.bytes.toString()) as object), ...change }),
  )
  return {
    bytes,
    descriptor: { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.length },
  }
}
const [first, second] = image.layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size }))
const unreadable = changed({
  layers: [first, { ...second, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted' }],
})
const { bytes: artifactBytes, descriptor: artifactDescriptor } = artifact(undefined, 'files', {
  layerType: mediaTypes.ociLayer,
})
const index = buildIndex([image]).manifest

describe('an image of an archive that Docker loads', () => {
  it.each([
    ['an index', { bytes: index.bytes, descriptor: index }],
    ['an artifact', { bytes: artifactBytes, descriptor: artifactDescriptor }],
    ['an image with a layer that is encrypted', unreadable],
  ])('is not %s', (_, known) => {
    expect(() => assertLoadable(known)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }))
    expect(dockerImageOf(known, [], () => image.config.bytes)).toBeUndefined()
  })

  it('has the diffID of each layer', () => {
    const known = { bytes: image.manifest.bytes, descriptor: image.manifest }
    expect(() => assertLoadable(known)).not.toThrow()
    expect(dockerImageOf(known, ['docker.io/library/app:1'], () => image.config.bytes)).toEqual({
      ...{ config: image.config.digest, names: ['docker.io/library/app:1'] },
      layers: image.layers.map(({ digest, size, mediaType, diffID }) => ({
        ...{ digest, size, mediaType, diffID },
      })),
    })
  })

  it('has the digest of a layer if the config states too few diffIDs', () => {
    const short = buildImage({ layers, config: { rootfs: { type: 'layers', diff_ids: [] } } })
    const known = { bytes: short.manifest.bytes, descriptor: short.manifest }
    expect(dockerImageOf(known, [], () => short.config.bytes)?.layers.map(({ diffID }) => diffID)).toEqual(
      short.layers.map(({ digest }) => digest),
    )
  })

  it('is not left out because its config cannot be read', () => {
    const known = { bytes: image.manifest.bytes, descriptor: image.manifest }
    const read = (): Buffer => {
      throw new Error('EIO')
    }
    expect(() => dockerImageOf(known, [], read)).toThrow('EIO')
  })
})
