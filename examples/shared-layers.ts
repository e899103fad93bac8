/**
 * Pulls two images with the same layers concurrently. Each layer is fetched only once.
 *
 *     npx tsx examples/shared-layers.ts
 */
import { open } from 'windlass'
import { exampleImage } from './an-image.js'

const { name, alias, store, requests, close } = await exampleImage()
const windlass = await open({ store })
const [one, two] = await Promise.all([windlass.pull(name).done, windlass.pull(alias).done])
const fetched = requests().filter((url) => one.layers.some(({ digest }) => url.endsWith(digest)))
console.log(`${one.name} and ${two.name} share ${one.layers.length} layers`)
console.log(`layer requests: ${fetched.length}`)
await windlass.close()
await close()
