/** Provides a storage directory of docker-registry with the test images. skopeo pushes them; the result is cached. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDistribution, type Distribution } from '../harness/distribution.js'
import { pushOptions, skopeo } from '../harness/skopeo.js'
import { buildOnce } from './cache.js'
import { appImage, baseImage, bigImage, linkedImage, manyImage } from './index.js'
import { platformsIndex, type TestIndex } from './platform-index.js'
import { formOf, type Form, type TestImage } from './test-image.js'

export interface PushedImages {
  readonly storage: string
  readonly base: TestImage
  readonly app: TestImage
  readonly linked: TestImage
  readonly many: TestImage
  readonly index: TestIndex
  /** Digests of the images that skopeo converted from `base` and the index, by name. */
  readonly converted: Readonly<Record<string, string>>
}

/** Returns the name of a form in the registry, `windlass/<image>:<form>`. */
export const pushedName = (image: TestImage, form: Form): string => `windlass/${image.name}:${form}`

/** Copies an image with skopeo and returns the digest that skopeo reports. */
async function copy(
  from: string,
  registry: Distribution,
  name: string,
  options: readonly string[],
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'windlass-digest-'))
  try {
    const file = join(directory, 'digest')
    await skopeo([
      'copy',
      '-q',
      ...options,
      '--digestfile',
      file,
      ...pushOptions(registry),
      from,
      `docker://${registry.host}/${name}`,
    ])
    return (await readFile(file, 'utf8')).trim()
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** Pushes every form of `image`. Throws if skopeo changed the manifest. */
export async function pushImage(image: TestImage, registry: Distribution): Promise<void> {
  for (const form of Object.keys(image.forms) as Form[]) {
    const source = form.startsWith('oci-')
      ? `oci:${image.directory}/oci:${form}`
      : `dir:${image.directory}/${form}`
    const digest = await copy(source, registry, pushedName(image, form), ['--preserve-digests'])
    if (digest !== formOf(image, form).manifest.digest)
      throw new Error(`skopeo changed ${pushedName(image, form)} to ${digest}`)
  }
}

/** Calls `work` with a registry that stores its content in `storage`. */
async function withRegistry<T>(storage: string, work: (registry: Distribution) => Promise<T>): Promise<T> {
  const registry = await startDistribution({ storage })
  return work(registry).finally(() => registry.stop())
}

/** Lets skopeo convert `base` and the index while it pushes them. Returns the digests by name. */
async function pushConverted(
  base: TestImage,
  index: TestIndex,
  storage: string,
): Promise<Record<string, string>> {
  const plain = `oci:${base.directory}/oci:oci-plain`
  const conversions: readonly (readonly [name: string, from: string, options: readonly string[]])[] = [
    ['converted/gzip:v2s2', plain, ['--format', 'v2s2']],
    ['converted/gzip:oci', plain, ['--format', 'oci']],
    ['converted/zstd:oci', plain, ['--format', 'oci', '--dest-compress-format', 'zstd']],
    ['converted/list:v2s2', `oci:${index.layout}:index`, ['--all', '--format', 'v2s2']],
  ]
  const digests: Record<string, string> = {}
  // Each conversion uses a new registry with its own port: for a known host, skopeo reuses blobs and does not compress.
  for (const [name, from, options] of conversions)
    digests[name] = await withRegistry(storage, (registry) => copy(from, registry, name, options))
  return digests
}

export async function pushedImages(): Promise<PushedImages> {
  const [base, app, linked] = [await baseImage(), await appImage(), await linkedImage()]
  const [many, index] = [await manyImage(), await platformsIndex()]
  const directory = await buildOnce('registry', async (staging) => {
    const storage = join(staging, 'storage')
    await writeFile(
      join(staging, 'converted.json'),
      JSON.stringify(await pushConverted(base, index, storage)),
    )
    await withRegistry(storage, async (registry) => {
      for (const image of [base, app, linked, many]) await pushImage(image, registry)
      await copy(`oci:${index.layout}:index`, registry, 'windlass/platforms:index', [
        '--all',
        '--preserve-digests',
      ])
    })
  })
  const converted = JSON.parse(await readFile(join(directory, 'converted.json'), 'utf8')) as Record<
    string,
    string
  >
  return { storage: join(directory, 'storage'), base, app, linked, many, index, converted }
}

/** Provides a storage directory with only the image `big`. */
export async function pushedBig(): Promise<{ readonly storage: string; readonly image: TestImage }> {
  const image = await bigImage()
  const directory = await buildOnce('registry-big', async (staging) => {
    await withRegistry(join(staging, 'storage'), (registry) => pushImage(image, registry))
  })
  return { storage: join(directory, 'storage'), image }
}
