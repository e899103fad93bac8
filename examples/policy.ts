/**
 * Refuses images that run as root. The config is checked before any layer is requested.
 *
 *     npx tsx examples/policy.ts [IMAGE]
 */
import { open } from 'windlass'
import { compose } from 'windlass/flow'
import { type PlannedImage, pullStage } from 'windlass/stages'
import { exampleImage } from './an-image.js'

const refuseRoot = pullStage(
  async (image: PlannedImage) => {
    const { config } = await image.config.value
    const user = config.config?.User ?? ''
    if (['', '0', 'root'].includes(user)) throw new Error('the image runs as root')
    return image
  },
  { name: 'not-as-root' },
)

const { name, store, close } = await exampleImage(process.argv[2])
const windlass = await open({ store })
const pull = windlass.pull(name, {
  stages: (bound) => ({ onImage: compose(bound.onImage, refuseRoot) }),
})
await pull.done.then(
  (image) => console.log(`pulled ${image.digest}`),
  (error: unknown) => console.log(`refused: ${error instanceof Error ? error.message : String(error)}`),
)
await windlass.close()
await close()
