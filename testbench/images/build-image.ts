/** Builds a test image from the recipes of its layers, in all requested forms. The result is cached between runs. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { umociUnpack } from '../harness/umoci.js'
import { buildOnce } from './cache.js'
import { imageConfig, imageManifest, type TestPlatform } from './documents.js'
import { layerBlobs, type LayerBlob, type LayerBlobs } from './layer-blobs.js'
import type { LayerRecipe } from './layer-recipe.js'
import { writeDirTransport, writeLayout, type NamedManifest } from './layout-writer.js'
import { manifestType } from './media-types.js'
import type { Compression, Form, ImageForm, Schema, TestImage } from './test-image.js'

/** All forms. Docker schema 2 has none with zstd, because registries refuse its media type from skopeo. */
export const allForms: readonly Form[] = ['oci-gzip', 'oci-zstd', 'oci-plain', 'v2s2-gzip', 'v2s2-plain']

const amd64: TestPlatform = { os: 'linux', architecture: 'amd64' }

export interface BuildOptions {
  readonly forms?: readonly Form[]
  readonly platform?: TestPlatform
  /** Also unpack the image with umoci, which requires the form `oci-gzip`. Default: true. */
  readonly unpacked?: boolean
}

/** Splits a form into its schema and its compression. */
const partsOf = (form: Form): [Schema, Compression] => form.split('-') as [Schema, Compression]

export async function buildImage(
  name: string,
  recipes: readonly LayerRecipe[],
  options: BuildOptions = {},
): Promise<TestImage> {
  const { forms = allForms, platform = amd64, unpacked = true } = options
  const directory = await buildOnce(`image-${name}`, async (staging) => {
    const compressions = [...new Set(forms.map((form) => partsOf(form)[1]))]
    const blobs: LayerBlobs[] = []
    for (const recipe of recipes) blobs.push(await layerBlobs(recipe, compressions))
    const diffIds = blobs.map(({ diffId }) => diffId)
    const config = imageConfig(platform, recipes, diffIds)
    const built: Partial<Record<Form, ImageForm>> = {}
    const [documents, names, placed] = [[config], new Array<NamedManifest>(), new Array<LayerBlob>()]
    for (const form of forms) {
      const [schema, compression] = partsOf(form)
      const layers = blobs.map((blob) => blob.blobFor(compression))
      const manifest = imageManifest(schema, compression, config, layers)
      const { digest, size } = manifest
      built[form] = {
        manifest: { digest, size },
        layers: layers.map((layer) => ({ digest: layer.digest, size: layer.size })),
      }
      if (schema === 'oci') {
        documents.push(manifest)
        names.push({ name: form, mediaType: manifestType('oci'), digest, size })
        placed.push(...layers)
      } else await writeDirTransport(join(staging, form), layers, config, manifest.bytes)
    }
    await writeLayout(join(staging, 'oci'), placed, documents, names)
    if (unpacked) await umociUnpack(`${join(staging, 'oci')}:oci-gzip`, join(staging, 'bundle'))
    const platformText = [platform.os, platform.architecture, platform.variant]
      .filter((part) => part !== undefined)
      .join('/')
    await writeFile(
      join(staging, 'image.json'),
      JSON.stringify({ name, imageId: config.digest, diffIds, platform: platformText, forms: built }),
    )
  })
  const described = JSON.parse(await readFile(join(directory, 'image.json'), 'utf8')) as Omit<
    TestImage,
    'directory' | 'rootfs'
  >
  return { ...described, directory, rootfs: join(directory, 'bundle', 'rootfs') }
}
