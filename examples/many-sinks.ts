/**
 * Sends the bytes of a pull to five places in one pass: the store, a tree, a scan of every file, another registry, and a hash.
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

/** Sends the blob of a layer on and hashes it, while it arrives and is unpacked. The pull waits for the end. */
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

/** Searches every file. A key that begins in one chunk and ends in another is not found: a real scan keeps the rest. */
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

// The blobs are there: what is left of the copy is the config, the manifest and the tag.
const { name, blobs } = await windlass.copy(image, target).done
console.log(`${name}: ${blobs.copied} blob sent, ${blobs.exists} there`)
await Promise.all([windlass.close(), sink.close()])
await close()
