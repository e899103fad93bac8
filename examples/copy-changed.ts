/**
 * Mirrors the tags of a repository and copies only those that have changed. The pipeline is built from exported parts.
 *
 *     npx tsx examples/copy-changed.ts [FROM TO]      (no names: two embedded registries)
 */
import { type ImageSink, type ImageSource, copy, copyStages, registrySink, registrySource } from 'windlass'
import { Flow, compose, expand, run } from 'windlass/flow'
import { BlobCopies, type Resolved, imageRequest, pullStage } from 'windlass/stages'
import { twoRepositories } from './an-image.js'

/** Drops images that the target has under the same tag. Only their manifests have been fetched at this stage. */
const dropUnchanged = (sink: ImageSink, tag: string) =>
  pullStage(
    async function* (image: Resolved, { signal }) {
      const targetDigest = await sink.resolve(tag, { signal })
      if (targetDigest !== image.document.descriptor.digest) yield image
    },
    { name: 'drop-unchanged' },
  )

/** Returns a stage that copies the tags that it receives, two at a time. At most three blobs are copied at a time. */
function mirror(source: ImageSource, sink: ImageSink, to: string) {
  const copies = new BlobCopies({ slots: 3 })
  return expand(
    (tag: string) => {
      const target = { name: `${to}:${tag}`, sink, tag }
      const stages = copyStages({ target, allPlatforms: true, copies })
      const pipeline = copy({ ...stages, resolve: compose(stages.resolve, dropUnchanged(sink, tag)) })
      return Flow.of(imageRequest(source, tag)).pipe(pipeline)
    },
    { name: 'mirror', slots: 2 },
  )
}

const { from, to, change, close } = await twoRepositories(process.argv[2], process.argv[3])
await using source = registrySource(from)
await using sink = registrySink(to)
for (let round = 1; round <= 2; round++) {
  let count = 0
  const pages = Flow.from(source.tags())
  const tags = pages.pipe(expand((page: readonly string[]) => Flow.from(page)))
  const mirroring = run(tags.pipe(mirror(source, sink, to)), ({ name, blobs }) => {
    count++
    console.log(`${name}: ${blobs.copied} blobs sent, ${blobs.exists} there`)
  })
  await mirroring.done
  await mirroring.closed()
  console.log(`round ${round}: ${count} copied`)
  await change()
}
await close()
