/** Builds the config and the manifest of a test image. */
import type { LayerBlob } from './layer-blobs.js'
import type { LayerRecipe } from './layer-recipe.js'
import { jsonBlob } from './layout-writer.js'
import { configType, layerType, manifestType } from './media-types.js'
import type { BlobInfo, Compression, Schema } from './test-image.js'

const created = '2024-05-06T07:08:09Z'

export interface TestPlatform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

export const imageConfig = (
  { os, architecture, variant }: TestPlatform,
  recipes: readonly LayerRecipe[],
  diffIds: readonly string[],
): ReturnType<typeof jsonBlob> =>
  jsonBlob({
    created,
    architecture,
    os,
    ...(variant === undefined ? {} : { variant }),
    config: { Env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['/bin/sh'], Labels: { made: 'for tests' } },
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: [
      ...recipes.map(({ feature }) => ({ created, created_by: feature })),
      { created, created_by: 'CMD ["/bin/sh"]', empty_layer: true },
    ],
  })

export const imageManifest = (
  schema: Schema,
  compression: Compression,
  config: BlobInfo,
  layers: readonly LayerBlob[],
): ReturnType<typeof jsonBlob> =>
  jsonBlob({
    schemaVersion: 2,
    mediaType: manifestType(schema),
    config: { mediaType: configType(schema), digest: config.digest, size: config.size },
    layers: layers.map(({ digest, size }) => ({ mediaType: layerType(schema, compression), digest, size })),
  })
