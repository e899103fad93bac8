/**
 * Provides the images of the growth benchmark, generated as streams and pushed once to the real registry, whose storage
 * is kept in the temporary directory.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Distribution, startDistribution } from '../../testbench/harness/distribution.js'
import { buildOnce } from '../../testbench/images/cache.js'
import { type GrowthLayer, layerArchive } from './layer-stream.js'
import { type PushedLayer, pushBytes, pushLayer, pushManifest } from './push.js'

export interface GrowthImage {
  readonly name: string
  readonly layers: readonly GrowthLayer[]
}

const oci = 'application/vnd.oci.image'

/**
 * Starts a registry that has all of `images`.
 * @param about key of the images in the cache
 */
export async function serveImages(about: string, images: readonly GrowthImage[]): Promise<Distribution> {
  const key = createHash('sha256').update(JSON.stringify(images))
  for (const maker of ['layer-stream.ts', '../shared/half-noise.ts'])
    key.update(await readFile(new URL(maker, import.meta.url)))
  const name = `registry-growth-${about}-${key.digest('hex').slice(0, 16)}`
  const directory = await buildOnce(name, async (staging) => {
    const registry = await startDistribution({ storage: join(staging, 'storage') })
    try {
      await push(registry.host, images)
    } finally {
      await registry.stop()
    }
  })
  return startDistribution({ storage: join(directory, 'storage'), readOnly: true })
}

/** All images share one repository, so that common layers are stored once. */
const repository = 'windlass/growth'

export const referenceOf = ({ host }: Distribution, image: GrowthImage): string =>
  `${host}/${repository}:${image.name}`

async function push(host: string, images: readonly GrowthImage[]): Promise<void> {
  const target = `http://${host}/v2/${repository}`
  const pushed = new Map<string, PushedLayer>()
  for (const image of images) {
    const layers: PushedLayer[] = []
    for (const layer of image.layers) {
      const key = JSON.stringify(layer)
      const found = pushed.get(key) ?? (await pushLayer(target, layerArchive(layer)))
      pushed.set(key, found)
      layers.push(found)
    }
    const config = await pushBytes(target, {
      ...{ architecture: 'amd64', os: 'linux', created: '2024-01-01T00:00:00Z', config: {} },
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    })
    await pushManifest(target, image.name, {
      schemaVersion: 2,
      mediaType: `${oci}.manifest.v1+json`,
      config: { mediaType: `${oci}.config.v1+json`, ...config },
      layers: layers.map(({ digest, size }) => ({ mediaType: `${oci}.layer.v1.tar+gzip`, digest, size })),
    })
    process.stderr.write(`made ${image.name}\n`)
  }
}
