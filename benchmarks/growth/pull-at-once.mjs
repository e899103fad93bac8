/** Pulls all images at once with one puller of the built library: `node pull-at-once.mjs STORE REFERENCE…`. */
import { argv } from 'node:process'
import { open } from '../../dist/puller/index.js'

const [store, ...references] = argv.slice(2)
const puller = await open({ store })
try {
  await Promise.all(references.map((reference) => puller.pull(reference).done))
} finally {
  await puller.close()
}
