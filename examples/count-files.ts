/**
 * Adds a custom stage to a pull: it counts the files of every layer as soon as the layer is in the store.
 *
 *     npx tsx examples/count-files.ts [IMAGE]      (no image: one from an embedded registry)
 */
import { readdir } from 'node:fs/promises'
import { open } from 'windlass'
import { compose, stage } from 'windlass/flow'
import type { EnsuredLayer } from 'windlass/stages'
import { exampleImage } from './an-image.js'

const countFiles = stage(
  async (layer: EnsuredLayer) => {
    const files = await readdir(layer.stored!.rootfs, { recursive: true })
    console.log(`${layer.task.descriptor.digest.slice(7, 19)}: ${files.length} files`)
    return layer
  },
  { name: 'count-files', slots: 2 },
)

const { name, store, close } = await exampleImage(process.argv[2])
const windlass = await open({ store })
const image = await windlass.pull(name, {
  stages: (bound) => ({ onLayer: compose(bound.onLayer, countFiles) }),
}).done
console.log(`${image.name}: ${image.layers.length} layers`)
await windlass.close()
await close()
