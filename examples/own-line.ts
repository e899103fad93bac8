/**
 * Makes a pull out of exports alone: its own context, its own line with a stage in it, its own run.
 *
 *     npx tsx examples/own-line.ts [IMAGE]      (no image: one from an embedded registry)
 */
import { createContext, pull, pullStages } from 'windlass'
import { Flow, compose, run } from 'windlass/flow'
import { type PlannedImage, pullStage } from 'windlass/stages'
import { anImage } from './an-image.js'

/** Refuses an image before any layer is requested. */
const atMost = (layers: number) =>
  pullStage(
    (image: PlannedImage) => {
      if (image.layers.length > layers) throw new Error(`${image.request.name} has too many layers`)
      return image
    },
    { name: 'at-most' },
  )

const { name, store, close } = await anImage(process.argv[2])
const context = await createContext({ store })
const stages = pullStages(context, await context.goal())
const line = pull({ ...stages, plan: compose(stages.plan, atMost(20)) })
const { done, closed } = run(Flow.of(context.request(name)).pipe(line), (image) => {
  console.log(`${image.name}: ${image.layers.length} layers, ${image.status}`)
})
await done
await closed()
await context.close()
await close()
