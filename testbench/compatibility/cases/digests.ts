/** Cases of digests of the three algorithms of the specification, in different combinations. */
import type { DigestAlgorithm } from '../../../lib/image/digest/digest.js'
import { mediaTypes } from '../../../lib/image/documents/media-types.js'
import { casesOf } from '../case.js'
import { faults } from '../../../lib/testing/index.js'

const digests = casesOf('digests')

interface Mixture {
  readonly manifest?: DigestAlgorithm
  readonly config?: DigestAlgorithm
  readonly layer?: DigestAlgorithm
  readonly diffID?: DigestAlgorithm
}

const why = 'image-spec registers sha256, sha384 and sha512'

const mixture = (
  id: string,
  what: string,
  { manifest, config = 'sha256', layer = 'sha256', diffID = 'sha256' }: Mixture,
) =>
  digests(id, `an image with ${what}`, { why }, (host) => {
    const image = host.putImage({
      algorithm: config,
      layers: [host.putLayer(host.layerOf(), mediaTypes.ociLayerGzip, layer, diffID)],
      ...(manifest !== undefined && { manifestAlgorithm: manifest }),
    })
    return manifest === undefined ? undefined : { name: `app@${image.digest}`, picks: image.digest }
  })

export const digestCases = [
  mixture('sha512-layer', 'a layer by sha512', { layer: 'sha512' }),
  mixture('sha512-config', 'a config by sha512', { config: 'sha512' }),
  mixture('sha512-diff-id', 'a diffID of sha512', { diffID: 'sha512' }),
  mixture('sha512-manifest', 'a manifest by sha512, asked for by that', { manifest: 'sha512' }),
  mixture('sha512-everywhere', 'sha512 everywhere', {
    manifest: 'sha512',
    config: 'sha512',
    layer: 'sha512',
    diffID: 'sha512',
  }),
  mixture('sha384-everywhere', 'sha384 everywhere', {
    manifest: 'sha384',
    config: 'sha384',
    layer: 'sha384',
    diffID: 'sha384',
  }),
  mixture(
    'sha-mixed',
    'a manifest by sha384, a config by sha512, a layer by sha384 and its diffID of sha512',
    { manifest: 'sha384', config: 'sha512', layer: 'sha384', diffID: 'sha512' },
  ),
  digests(
    'sha512-config-late',
    'an image with a diffID of sha512 whose config comes after the layer',
    { why },
    (host) => {
      host.putImage({ layers: [host.putLayer(host.layerOf(), mediaTypes.ociLayerGzip, 'sha256', 'sha512')] })
      const layers: readonly string[] = host.layerDigests
      host.registry.addFault(
        faults.answer(
          (answer, { reference }) => (layers.includes(reference) ? undefined : { ...answer, delay: 1000 }),
          { kind: 'blob' },
        ),
      )
    },
  ),
  digests('sha512-index-entry', 'an index that names its manifest by sha512', { why }, (host) => {
    const image = host.putImage({ tag: null, manifestAlgorithm: 'sha512' })
    host.putIndex([{ ...image, platform: { os: 'linux', architecture: 'amd64' } }])
    return { picks: image.digest }
  }),
]
