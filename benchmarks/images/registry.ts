/**
 * Runs the real registry with the images of the benchmarks. They are built and pushed once, and kept in the temporary
 * directory.
 */
import { join } from 'node:path'
import { startDistribution, type Distribution } from '../../testbench/harness/distribution.js'
import { buildImage } from '../../testbench/images/build-image.js'
import { buildOnce } from '../../testbench/images/cache.js'
import { pushImage, pushedName } from '../../testbench/images/pushed.js'
import type { TestImage } from '../../testbench/images/test-image.js'
import { imageRecipes, type ImageRecipe } from './recipes.js'

export interface BenchmarkImage {
  readonly name: string
  readonly shows: string
  /** Name without the registry: `windlass/bench-small:oci-gzip`. */
  readonly repository: string
  /** Total compressed size of the layers in bytes. */
  readonly bytes: number
  readonly layers: number
}

const form = 'oci-gzip'

async function pushedStorage(recipe: ImageRecipe): Promise<{ storage: string; image: TestImage }> {
  const image = await buildImage(`bench-${recipe.name}`, recipe.layers, { forms: [form], unpacked: false })
  const directory = await buildOnce(`registry-bench-${recipe.name}`, async (staging) => {
    const registry = await startDistribution({ storage: staging })
    await pushImage(image, registry).finally(() => registry.stop())
  })
  return { storage: directory, image }
}

/** An image that its own registry serves. */
export interface ServedImage extends BenchmarkImage {
  /** Files of the layer blobs, base first. */
  readonly blobs: readonly string[]
  readonly registry: Distribution
  /** Name with the registry. */
  readonly reference: string
}

export async function serveImage(name: string): Promise<ServedImage> {
  const recipe = imageRecipes.find((each) => each.name === name)
  if (!recipe)
    throw new Error(`There is no image ${name}, only ${imageRecipes.map((each) => each.name).join(', ')}`)
  const { storage, image } = await pushedStorage(recipe)
  const layers = image.forms[form]?.layers ?? []
  const registry = await startDistribution({ storage, readOnly: true })
  const repository = pushedName(image, form)
  return {
    name,
    shows: recipe.feature,
    repository,
    bytes: layers.reduce((sum, { size }) => sum + size, 0),
    layers: layers.length,
    blobs: layers.map(({ digest }) => join(image.directory, 'oci', 'blobs', digest.replace(':', '/'))),
    registry,
    reference: `${registry.host}/${repository}`,
  }
}
