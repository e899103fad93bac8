/**
 * Builds a pull from exported parts, without `open`: a context, a pipeline with a custom stage, and a run.
 *
 *     npx tsx examples/own-line.ts [IMAGE]      (no image: one from an embedded registry)
 */
import { createContext, pull, pullStages } from 'windlass'
import { Flow, compose, run } from 'windlass/flow'
import { type PlannedImage, pullStage } from 'windlass/stages'
import { exampleImage } from './an-image.js'

/** Returns a stage that refuses images with more than `layers` layers before any layer is requested. */
const refuseMoreLayers = (layers: number) =>
  pullStage(
    (image: PlannedImage) => {
      if (image.layers.length > layers) throw new Error(`${image.request.name} has too many layers`)
      return image
    },
    { name: 'at-most' },
  )

const { name, store, close } = await exampleImage(process.argv[2])
const context = await createContext({ store })
const stages = pullStages(context, await context.goal())
const pipeline = pull({ ...stages, plan: compose(stages.plan, refuseMoreLayers(20)) })
const { done, closed } = run(Flow.of(context.request(name)).pipe(pipeline), (image) => {
  console.log(`${image.name}: ${image.layers.length} layers, ${image.status}`)
})
await done
await closed()
await context.close()
await close()
