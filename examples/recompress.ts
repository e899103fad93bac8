/**
 * Copies an image and compresses its gzip layers with zstd. The manifest gets new digests; the config stays the same.
 *
 *     npx tsx examples/recompress.ts [FROM:TAG TO:TAG]      (no names: two embedded registries)
 */
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { type Descriptor, type ImageManifest, copy, copyStages, digestOf, parseDigest } from 'windlass'
import { open, parseReference, readBlob, registrySink, registrySource, zstdCompressor } from 'windlass'
import { Flow, branch, compose, run } from 'windlass/flow'
import { type BlobTask, type CopiedBlobs, imageRequest, pullStage } from 'windlass/stages'
import { twoRepositories } from './an-image.js'

const { from, to, directory, close } = await twoRepositories(process.argv[2], process.argv[3])
const oci = 'application/vnd.oci.image'
const newLayers = new Map<string, Descriptor>() // by the digest of the original layer

/** Compresses a layer into a file and sends it. The file is necessary, because a sink needs the digest first. */
const recompress = pullStage(async ({ descriptor, source, sink }: BlobTask, { signal }) => {
  const [hash, file] = [createHash('sha256'), createWriteStream(`${directory}/${descriptor.digest.slice(7)}`)]
  const blob = await readBlob(source, descriptor, { signal })
  await pipeline(blob, createGunzip(), zstdCompressor({ level: 9 }), file, { signal })
  await pipeline(createReadStream(file.path), hash)
  const digest = parseDigest(`sha256:${hash.digest('hex')}`)
  const layer = { mediaType: `${oci}.layer.v1.tar+zstd`, digest, size: file.bytesWritten }
  await sink.putBlob(layer, () => Promise.resolve(createReadStream(file.path)), { signal })
  newLayers.set(descriptor.digest, layer)
  return { descriptor: layer, outcome: 'copied' as const }
})

/** Replaces the layers in the manifest by the new ones. */
const rewrite = pullStage((plan: CopiedBlobs): CopiedBlobs => {
  const manifest = JSON.parse(plan.root.bytes.toString()) as ImageManifest
  const config = { ...manifest.config, mediaType: `${oci}.config.v1+json` }
  const layers = manifest.layers.map((layer) => newLayers.get(layer.digest) ?? layer)
  const mediaType = `${oci}.manifest.v1+json`
  const bytes = Buffer.from(JSON.stringify({ ...manifest, mediaType, config, layers }))
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length }
  return { ...plan, wasTagged: false, root: { ...plan.root, bytes, descriptor } }
})

const [source, sink, tag] = [registrySource(from), registrySink(to), parseReference(to).tag ?? '1']
const stages = copyStages({ target: { name: to, sink, tag } })
const kind = ({ descriptor }: BlobTask) => (/tar.gzip$/.test(descriptor.mediaType) ? 'gzip' : 'other')
const copyBlobs = branch(kind, { gzip: recompress, other: stages.copyBlobs })
const copyPipeline = copy({ ...stages, copyBlobs, putManifests: compose(rewrite, stages.putManifests) })
await run(Flow.of(imageRequest(source, parseReference(from).tag ?? '1')).pipe(copyPipeline)).done
const windlass = await open({ store: `${directory}/store` })
const image = await windlass.pull(`${sink.host}/${sink.repository}:${tag}`).done // verifies the diffIDs in the config
console.log(`${image.name}: ${newLayers.size} layers compressed anew, ${image.layers.length} verified`)
await Promise.all([windlass.close(), source.close(), sink.close()])
await close()
