/** A stage that receives the layers of a pull learns where each of them is. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { compose } from '../../lib/flow/index.js'
import { type EnsuredLayer, pullStage } from '../../lib/stages/index.js'
import { putImage } from '../../lib/testing/images/index.js'
import type { PullOptions } from '../../puller/index.js'
import { Workbench, imageOf } from '../support/workbench.js'

describe('a layer that a pull has ensured', () => {
  const bench = new Workbench()

  const image = imageOf(['base', 'top'])

  /** The layers that `onLayer` receives, in a pull into a store that has the layers already, and in one that has not. */
  async function received(options: PullOptions): Promise<readonly (readonly EnsuredLayer[])[]> {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    const pull = async (): Promise<readonly EnsuredLayer[]> => {
      const layers: EnsuredLayer[] = []
      const see = pullStage((layer: EnsuredLayer) => {
        layers.push(layer)
        return layer
      })
      await puller.pull(`${registry.host}/team/app:1`, {
        platform: 'linux/amd64',
        ...options,
        stages: (bound) => ({ onLayer: compose(bound.onLayer, see) }),
      }).done
      return layers
    }
    return [await pull(), await pull()]
  }

  const bytesOf = ({ task }: EnsuredLayer) =>
    image.layers.find(({ digest }) => digest === task.descriptor.digest)?.bytes

  it('says where its blob and its tree are, new or not', async () => {
    for (const layers of await received({})) {
      expect(layers).toHaveLength(2)
      for (const layer of layers) {
        expect(await readFile(layer.blobPath ?? '')).toEqual(bytesOf(layer))
        expect(existsSync(layer.stored?.rootfs ?? '')).toBe(true)
      }
    }
  })

  it('has no tree where the pull does not unpack', async () => {
    for (const layers of await received({ unpack: false }))
      for (const layer of layers) {
        expect(await readFile(layer.blobPath ?? '')).toEqual(bytesOf(layer))
        expect(layer.stored).toBeUndefined()
      }
  })

  it('has no blob where the pull discards blobs', async () => {
    for (const layers of await received({ discardBlobs: true }))
      for (const layer of layers) {
        expect(layer.blobPath).toBeUndefined()
        expect(existsSync(layer.stored?.rootfs ?? '')).toBe(true)
      }
  })
})
