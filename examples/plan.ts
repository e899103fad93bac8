/**
 * Plans the pulls of two images that share layers, and pulls them only if they fit into a budget.
 *
 *     npx tsx examples/plan.ts [IMAGE]
 */
import { open } from 'windlass'
import { exampleImage } from './an-image.js'

const budget = 100_000_000
const { name, alias, store, close } = await exampleImage(process.argv[2])
const windlass = await open({ store })

for (const image of [name, alias]) {
  const plan = await windlass.plan(image)
  const { bytes, requests, layers } = plan
  const reusedCount = layers.filter(({ action }) => action === 'exists').length
  console.log(`${image}: ${bytes.toDownload} bytes in ${requests} requests, ${reusedCount} layers reused`)
  if (bytes.toDownload > budget) continue
  const pull = windlass.pull(image, { plan })
  pull.events.subscribe((event) => {
    if (event.type === 'warning' && event.code === 'plan-changed') console.log(event.message)
  })
  const { digest } = await pull.done
  console.log(digest === plan.digest ? 'pulled as planned' : 'another image was pulled')
}
await windlass.close()
await close()
