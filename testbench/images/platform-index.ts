/** Provides an OCI index with one test image per platform. */
import { bash } from '../harness/run-tool.js'
import { buildImage } from './build-image.js'
import { buildOnce } from './cache.js'
import { jsonBlob, writeLayout } from './layout-writer.js'
import { manifestType, ociIndexType } from './media-types.js'
import { platforms } from './platforms.js'
import { formOf, type TestImage } from './test-image.js'

export interface TestIndex {
  readonly name: string
  /** OCI layout with the single name `index`. */
  readonly layout: string
  /** Digest of the index. */
  readonly digest: string
  readonly children: readonly TestImage[]
}

export async function platformsIndex(): Promise<TestIndex> {
  const children: TestImage[] = []
  for (const { layers, ...platform } of platforms)
    children.push(
      await buildImage(`platforms-${platform.architecture}`, layers, { forms: ['oci-gzip'], platform }),
    )
  const manifests = children.map((child, index) => {
    const { os, architecture, variant } = platforms[index]!
    return {
      mediaType: manifestType('oci'),
      ...formOf(child, 'oci-gzip').manifest,
      platform: { os, architecture, variant },
    }
  })
  const index = jsonBlob({ schemaVersion: 2, mediaType: ociIndexType, manifests })
  const layout = await buildOnce('index-platforms', async (staging) => {
    const names = [{ name: 'index', mediaType: ociIndexType, digest: index.digest, size: index.size }]
    await writeLayout(staging, [], [index], names)
    for (const child of children)
      await bash(staging, `cp -lf '${child.directory}'/oci/blobs/sha256/* blobs/sha256/`)
  })
  return { name: 'platforms', layout, digest: index.digest, children }
}
