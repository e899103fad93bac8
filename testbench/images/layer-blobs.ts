/** Provides the archive of a layer and its compressed forms, which are built once for all images with the layer. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { bash } from '../harness/run-tool.js'
import { buildOnce } from './cache.js'
import { writeLayerTar, type LayerRecipe } from './layer-recipe.js'
import type { BlobInfo, Compression } from './test-image.js'

export interface LayerBlob extends BlobInfo {
  readonly path: string
}

const files = { plain: 'layer.tar', gzip: 'layer.tar.gz', zstd: 'layer.tar.zst' } as const satisfies Record<
  Compression,
  string
>

async function describeBlob(path: string): Promise<BlobInfo> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return { digest: `sha256:${hash.digest('hex')}`, size: (await stat(path)).size }
}

/** Shell command for each compression, which reads the archive. */
const compressCommands: Record<Compression, string> = {
  plain: ':',
  gzip: `gzip -n -4 < ${files.plain} > ${files.gzip}`,
  zstd: `zstd -q -3 < ${files.plain} > ${files.zstd}`,
}

export interface LayerBlobs {
  readonly diffId: string
  /** Returns the blob with this compression. */
  readonly blobFor: (compression: Compression) => LayerBlob
}

/** Builds the layer with the requested compressions. */
export async function layerBlobs(
  recipe: LayerRecipe,
  compressions: readonly Compression[],
): Promise<LayerBlobs> {
  const key = createHash('sha256')
    .update(JSON.stringify([recipe, compressions]))
    .digest('hex')
    .slice(0, 16)
  const directory = await buildOnce(`layer-${key}`, async (staging) => {
    await writeLayerTar(recipe, staging)
    await rm(join(staging, 'tree'), { recursive: true })
    const { digest: diffId } = await describeBlob(join(staging, files.plain))
    const blobs: Partial<Record<Compression, BlobInfo>> = {}
    for (const compression of compressions) {
      await bash(staging, compressCommands[compression])
      blobs[compression] = await describeBlob(join(staging, files[compression]))
    }
    if (blobs.plain === undefined) await rm(join(staging, files.plain))
    await writeFile(join(staging, 'blobs.json'), JSON.stringify({ diffId, blobs }))
  })
  const text = await readFile(join(directory, 'blobs.json'), 'utf8')
  const { diffId, blobs } = JSON.parse(text) as {
    diffId: string
    blobs: Partial<Record<Compression, BlobInfo>>
  }
  return {
    diffId,
    blobFor(compression) {
      const blob = blobs[compression]
      if (blob === undefined) throw new Error(`This layer was not requested as ${compression}`)
      return { ...blob, path: join(directory, files[compression]) }
    },
  }
}
