/** Runs the embedded registry with an image of a given number of layers behind simulated links. */
import { type LayerEntry, buildImage, putImage } from '../../lib/testing/images/index.js'
import { startRegistry } from '../../lib/testing/registry/index.js'
import { halfNoise } from '../shared/half-noise.js'
import { startLink } from '../shared/link.js'
import type { LinkKind } from './links.js'

export interface BuiltInImage {
  readonly layers: number
  /** Total uncompressed size of the layers in MiB. They compress to about half. */
  readonly mebibytes: number
}

export interface Served {
  readonly reference: string
  close(): Promise<void>
}

const repository = 'windlass/sweep'

/** Starts the registry once for all links, so that all serve the same bytes. */
export async function startBuiltIn(image: BuiltInImage): Promise<{
  behind(link: LinkKind): Promise<Served>
  close(): Promise<void>
}> {
  const registry = await startRegistry()
  const built = buildImage({
    layers: sizes(image).map((bytes, index) => ({ entries: entries(index, bytes) })),
    config: { created: '2024-01-01T00:00:00Z' },
  })
  await putImage(registry, repository, 'latest', built)
  return {
    async behind(kind) {
      const link = await startLink({ target: registry.host, ...kind })
      return { reference: `${link.host}/${repository}:latest`, close: () => link.close() }
    },
    close: () => registry.close(),
  }
}

/** Sizes of the layers: a few large and many small ones, as in real images. */
function sizes({ layers, mebibytes }: BuiltInImage): number[] {
  const weights = Array.from({ length: layers }, (_, index) => 1 / (1 + ((index * 7) % layers)))
  const sum = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => Math.ceil((weight / sum) * mebibytes * 1024 * 1024))
}

const fileBytes = 24 * 1024

function* entries(layer: number, bytes: number): Generator<LayerEntry> {
  yield { path: `layer-${layer}/` }
  for (let at = 0, file = 0; at < bytes; at += fileBytes, file++)
    yield {
      path: `layer-${layer}/${file}.bin`,
      content: halfNoise(Math.min(fileBytes, bytes - at), layer * 65_536 + file),
    }
}
