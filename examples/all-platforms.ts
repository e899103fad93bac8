/**
 * Pulls every image of an index concurrently. Each pull has its own events; all together have one result.
 *
 *     npx tsx examples/all-platforms.ts [IMAGE]
 */
import { open } from 'windlass'
import { buildImage, buildIndex, putImage, startRegistry } from 'windlass/testing'
import { exampleImage } from './an-image.js'

/** Returns the name of an index of three images in an embedded registry. */
async function exampleIndex() {
  const registry = await startRegistry()
  const images = ['amd64', 'arm64', 's390x'].map((architecture) =>
    buildImage({
      platform: { os: 'linux', architecture },
      layers: [{ entries: [{ path: 'arch', content: architecture }] }],
    }),
  )
  await putImage(registry, 'examples/multi', '1', buildIndex(images))
  return { name: `${registry.host}/examples/multi:1`, close: () => registry.close() }
}

const given = process.argv[2]
const { store, close } = await exampleImage(given)
const index = given === undefined ? await exampleIndex() : { name: given, close: () => Promise.resolve() }
const windlass = await open({ store })
const pulls = windlass.pullAllPlatforms(index.name)
pulls.each.subscribe(({ name, pull }) => {
  pull.events.subscribe((event) => {
    if (event.type === 'end') console.log(`${name}: ${event.outcome}`)
  })
})
const { digest, images } = await pulls.done
console.log(`${images.length} platforms of ${digest}`)
await windlass.close()
await index.close()
await close()
