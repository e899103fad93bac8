/** What an archive of an OCI layout lists, for tools that read layouts and for Docker. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Descriptor, hexOf, hostPlatform, mediaTypes } from '../../../../lib/image/index.js'
import { type OciArchiveSink, ociArchiveSink } from '../../../../lib/sinks/index.js'
import { type BuiltImage, buildImage, buildIndex, tinyImage } from '../../../../lib/testing/images/index.js'
import { archivedJson } from '../../../support/archive/archived-json.js'
import { artifact, emptyConfig } from '../../../support/artifacts.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'
import { blobOf, opening } from '../../../support/with-target.js'

const refName = 'org.opencontainers.image.ref.name'
const image = buildImage({
  layers: [{ entries: [{ path: 'a', content: 'a' }] }, { entries: [{ path: 'b', content: 'b' }] }],
})
const pathOf = ({ digest }: Pick<Descriptor, 'digest'>): string => `blobs/sha256/${hexOf(digest)}`
const entryOf = ({ mediaType, digest, size }: Descriptor) => ({ mediaType, digest, size })

describe('an archive of an OCI layout', () => {
  const directory = temporaryDirectory()
  let made = 0

  /** Writes an archive with `fill`. Returns what it lists. */
  async function listsOf(fill: (sink: OciArchiveSink) => Promise<void>) {
    const path = join(directory, `${++made}.tar`)
    const sink = ociArchiveSink(path)
    await fill(sink)
    await sink.finish()
    const index = (await archivedJson(path, 'index.json')) as { readonly manifests: readonly unknown[] }
    return { entries: index.manifests, docker: await archivedJson(path, 'manifest.json') }
  }
  async function put(sink: OciArchiveSink, { config, layers, manifest }: BuiltImage, tag?: string) {
    for (const blob of [config, ...layers]) await sink.putBlob(blob, opening(blob.bytes))
    await sink.putManifest(manifest.bytes, manifest, tag === undefined ? {} : { tag })
  }

  it('lists an image by its name, for Docker and containerd by the whole one', async () => {
    const { entries, docker } = await listsOf((sink) => put(sink, image, 'app:1'))
    expect(entries).toEqual([
      {
        ...entryOf(image.manifest),
        annotations: { 'io.containerd.image.name': 'docker.io/library/app:1', [refName]: 'app:1' },
      },
    ])
    expect(docker).toEqual([
      {
        Config: pathOf(image.config),
        RepoTags: ['app:1'],
        Layers: image.layers.map(pathOf),
        LayerSources: Object.fromEntries(image.layers.map((each) => [each.diffID, entryOf(each)])),
      },
    ])
  })

  it('has no name for Docker if the name is a tag alone, which names no repository', async () => {
    const { entries, docker } = await listsOf((sink) => put(sink, image, '1.2'))
    expect(entries).toEqual([{ ...entryOf(image.manifest), annotations: { [refName]: '1.2' } }])
    expect(docker).toMatchObject([{ RepoTags: null }])
  })

  it('lists no manifest that is not a root, each name of an image, and each name once', async () => {
    const { entries } = await listsOf(async (sink) => {
      const other = tinyImage()
      await put(sink, other)
      for (const tag of ['app:1', 'app:2', 'app:1']) await put(sink, image, tag)
      await sink.putManifest(image.manifest.bytes, image.manifest, { root: true })
    })
    expect(
      entries.map((each) => (each as { annotations?: Record<string, string> }).annotations?.[refName]),
    ).toEqual(['app:1', 'app:2', undefined])
  })

  it('states the size of the bytes, and keeps the artifact type and the annotations of a manifest', async () => {
    const { bytes, descriptor } = artifact(undefined, 'sbom', { annotations: { of: 'the manifest' } })
    const { entries, docker } = await listsOf(async (sink) => {
      await sink.putBlob(blobOf(emptyConfig), opening(emptyConfig))
      await sink.putManifest(bytes, { ...descriptor, size: 1 }, { tag: 'sbom' })
    })
    expect(entries).toEqual([{ ...descriptor, annotations: { of: 'the manifest', [refName]: 'sbom' } }])
    // Docker cannot load an artifact.
    expect(docker).toBeUndefined()
  })

  it('lists a referrer once, without a name and not for Docker', async () => {
    const plain = artifact(image.manifest.digest, 'plain')
    const annotated = artifact(image.manifest.digest, 'annotated', { annotations: { by: 'me' } })
    const { entries, docker } = await listsOf(async (sink) => {
      await put(sink, image, 'app:1')
      for (const { bytes, descriptor } of [plain, annotated])
        await sink.putReferrer(bytes, descriptor, image.manifest.digest)
    })
    expect(entries.slice(1)).toEqual([plain.descriptor, annotated.descriptor])
    expect(docker).toHaveLength(1)
    const other = tinyImage()
    const lists = await listsOf(async (sink) => {
      for (const each of [image, other]) await put(sink, each)
      await sink.putReferrer(other.manifest.bytes, other.manifest, image.manifest.digest)
    })
    expect([lists.entries.length, lists.docker]).toEqual([1, undefined])
  })

  describe('with an index', () => {
    const host = hostPlatform()
    const foreign = ['s390x', 'riscv64'].map((architecture) =>
      tinyImage({ platform: { os: 'linux', architecture } }),
    )
    const own = tinyImage({ platform: { ...host, os: 'linux' } })
    const chosenFrom = async (present: readonly BuiltImage[], all: readonly BuiltImage[]) => {
      const index = buildIndex(all)
      const { docker } = await listsOf(async (sink) => {
        for (const child of present) await put(sink, child)
        await sink.putManifest(index.manifest.bytes, index.manifest, { tag: 'app:1' })
      })
      return docker as readonly { readonly Config: string }[] | undefined
    }

    it('lists the image for this machine for Docker', async () => {
      expect(await chosenFrom([...foreign, own], [...foreign, own])).toMatchObject([
        { Config: pathOf(own.config), RepoTags: ['app:1'] },
      ])
    })

    it('lists its first image for Docker if none is for this machine', async () => {
      expect(await chosenFrom(foreign, foreign)).toMatchObject([{ Config: pathOf(foreign[0]!.config) }])
    })

    it('lists only an image that it has, and none if it has none', async () => {
      expect(await chosenFrom([foreign[1]!], [own, ...foreign])).toMatchObject([
        { Config: pathOf(foreign[1]!.config) },
      ])
      expect(await chosenFrom([], [own])).toBeUndefined()
    })
  })

  it('refuses a manifest whose bytes do not have its digest', () => {
    const sink = ociArchiveSink(join(directory, 'refused.tar'))
    const descriptor = { ...image.manifest, mediaType: mediaTypes.dockerSchema1Signed }
    expect(() => sink.checkManifest(Buffer.from('{}'), descriptor)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED' }),
    )
    expect(() => sink.checkManifest(image.manifest.bytes, image.manifest)).not.toThrow()
  })
})
