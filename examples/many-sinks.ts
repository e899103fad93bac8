/**
 * Stores, unpacks, scans, hashes, and sends to another registry the layers of an image, in one pass over their bytes.
 *
 *     npx tsx examples/many-sinks.ts [IMAGE REPOSITORY:TAG]      (no names: two embedded registries)
 */
import { createHash } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { type LayerEntrySink, open, registrySink, tee } from 'windlass'
import { compose } from 'windlass/flow'
import { type ArrivingLayer, followLayer, pullStage } from 'windlass/stages'
import { twoRepositories } from './an-image.js'

const { from, to, directory, close } = await twoRepositories(process.argv[2], process.argv[3])
const [image, target] = process.argv[3] === undefined ? [`${from}:1`, `${to}:1`] : [from, to]
const sink = registrySink(target)

/** Sends the blob of a layer to the registry and hashes it, while it is downloaded. The pull waits for both. */
const sendAndHash = pullStage(
  async function* (layer: ArrivingLayer, { signal }) {
    const blob = await followLayer(layer, { signal })
    yield layer
    const [hash, body] = [createHash('sha512'), new PassThrough()]
    const sent = sink.putBlob(layer.descriptor, () => Promise.resolve(body), { signal })
    await Promise.all([tee(blob, [hash, body], { signal }), sent])
    console.log(`${layer.descriptor.digest.slice(7, 19)} sent, sha512 ${hash.digest('hex').slice(0, 12)}`)
  },
  { name: 'send-and-hash', slots: 3 },
)

/** Searches every file for a key. A real scan would also find text that is divided between two chunks. */
let scanned = 0
const onEntry: LayerEntrySink = async ({ type, name, content }) => {
  if (type !== 'file') return
  scanned++
  for await (const chunk of content)
    if ((chunk as Buffer).includes('PRIVATE KEY')) throw new Error(`${name} holds a private key`)
}

const windlass = await open({ store: `${directory}/store` })
const pulled = await windlass.pull(image, {
  onEntry,
  stages: (bound) => ({ verify: compose(sendAndHash, bound.verify) }),
}).done
console.log(`${pulled.layers.length} layers stored and unpacked, ${scanned} files scanned`)

// The target has the layers, so only the config, the manifest and the tag are copied.
const { name, blobs } = await windlass.copy(image, target).done
console.log(`${name}: ${blobs.copied} blob sent, ${blobs.exists} there`)
await Promise.all([windlass.close(), sink.close()])
await close()
