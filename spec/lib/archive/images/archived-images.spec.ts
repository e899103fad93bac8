import { describe, expect, it } from 'vitest'
import { ArchiveDocuments } from '../../../../lib/archive/images/archive-documents.js'
import { bufferFile } from '../../../../lib/archive/images/archived-file.js'
import { archivedImages } from '../../../../lib/archive/images/archived-images.js'
import { defaultLimits } from '../../../../lib/limits.js'
import { type BuiltImage, buildImage, buildIndex, tinyImage } from '../../../../lib/testing/images/index.js'
import {
  type ArchiveEntry,
  dockerSaveEntries,
  layoutEntries,
} from '../../../support/archive/image-archive.js'

const amd64 = { os: 'linux', architecture: 'amd64' }
const arm64 = { os: 'linux', architecture: 'arm64' }
const layers = [{ entries: [{ path: 'file', content: 'content' }] }]
const [onAmd64, onArm64] = [amd64, arm64].map((platform) => buildImage({ layers, platform })) as [
  BuiltImage,
  BuiltImage,
]
const image = tinyImage()
const name = (tag: string): string => `docker.io/library/app:${tag}`

const imagesOf = (entries: readonly ArchiveEntry[], wanted = amd64) => {
  const files = new Map(entries.map(([path, content]) => [path, bufferFile(Buffer.from(content))]))
  return archivedImages(new ArchiveDocuments(files, 'test.tar', defaultLimits), wanted)
}

/** A layout of `blobs` whose index has these entries, each with its annotations. */
const layoutOf = (
  blobs: readonly BuiltImage[],
  listed: readonly (readonly [BuiltImage['manifest'], (Readonly<Record<string, string>> | undefined)?])[],
): ArchiveEntry[] => {
  const manifests = listed.map(([{ mediaType, digest, bytes }, annotations]) => ({
    ...{ mediaType, digest, size: bytes.length, annotations },
  }))
  return [
    ...layoutEntries(blobs.map((each) => [each])).filter(([path]) => path !== 'index.json'),
    ...listed.map(([{ digest, bytes }]): ArchiveEntry => [`blobs/${digest.replace(':', '/')}`, bytes]),
    ['index.json', JSON.stringify({ schemaVersion: 2, manifests })],
  ]
}
const containerd = 'io.containerd.image.name'
const refName = 'org.opencontainers.image.ref.name'

describe('the images of an archive', () => {
  it('are each listed once, with all of their names', async () => {
    const entries = layoutOf(
      [image],
      [
        [image.manifest, { [containerd]: name('1'), [refName]: '1' }],
        [image.manifest, { [containerd]: name('2') }],
        [image.manifest, { [containerd]: name('1') }],
        [image.manifest, { [refName]: 'ghcr.io/other/app:3' }],
      ],
    )
    expect(await imagesOf(entries)).toEqual([
      {
        ...{ manifest: image.manifest.digest, imageId: image.config.digest },
        platform: expect.objectContaining(amd64) as unknown,
        names: [name('1'), name('2'), 'ghcr.io/other/app:3'],
      },
    ])
  })

  it.each([
    ['a tag alone', { [refName]: 'latest' }],
    ['a digest', { [containerd]: `docker.io/library/app@${image.manifest.digest}` }],
    ['a text that is not a name', { [containerd]: 'NOT a name' }],
    ['no annotation', undefined],
  ])('have no name from %s', async (_, annotations) => {
    expect(await imagesOf(layoutOf([image], [[image.manifest, annotations]]))).toMatchObject([{ names: [] }])
  })

  it('are those of the wanted platform of an index, or else of its first one', async () => {
    const { manifest } = buildIndex([onArm64, onAmd64])
    const entries = layoutOf([onArm64, onAmd64], [[manifest]])
    const chosen = async (wanted: typeof amd64) =>
      (await imagesOf(entries, wanted)).map((each) => each.manifest)
    expect(await chosen(amd64)).toEqual([onAmd64.manifest.digest])
    expect(await chosen(arm64)).toEqual([onArm64.manifest.digest])
    expect(await chosen({ os: 'linux', architecture: 's390x' })).toEqual([onArm64.manifest.digest])
  })

  it('leave out an entry of which the archive has no image', async () => {
    const entries = layoutOf([image], [[image.manifest], [onArm64.manifest]])
    const missing = onArm64.manifest.digest.slice(7)
    expect(await imagesOf(entries.filter(([path]) => !path.endsWith(missing)))).toHaveLength(1)
  })

  it('of both lists have the manifest of the index and the names of both', async () => {
    const both = [
      ...layoutOf([image], [[image.manifest, { [containerd]: name('1') }]]),
      ...dockerSaveEntries(image, ['app:1', 'app:2']),
    ]
    expect(await imagesOf(both)).toMatchObject([
      { manifest: image.manifest.digest, names: [name('1'), name('2')] },
    ])
    const others = [
      ...layoutOf([image], [[image.manifest, { [containerd]: name('1') }]]),
      ...dockerSaveEntries(image, ['other:3']),
    ]
    expect(await imagesOf(others)).toMatchObject([
      { manifest: image.manifest.digest, names: ['docker.io/library/other:3', name('1')] },
    ])
  })

  it('have the wanted platform, also if manifest.json has the image of another one by the same name', async () => {
    const { manifest } = buildIndex([onArm64, onAmd64])
    const entries = [
      ...layoutOf([onArm64, onAmd64], [[manifest, { [containerd]: name('1') }]]),
      ...dockerSaveEntries(onArm64, ['app:1']),
    ]
    expect(await imagesOf(entries, amd64)).toMatchObject([
      { manifest: onAmd64.manifest.digest, platform: amd64, names: [name('1')] },
    ])
  })

  it('of manifest.json alone have a manifest that is made, and each name once', async () => {
    expect(await imagesOf(dockerSaveEntries(image, ['app:1', 'app:1', 'docker.io/app:1']))).toMatchObject([
      { imageId: image.config.digest, names: [name('1')] },
    ])
    expect(await imagesOf(dockerSaveEntries(image, null))).toMatchObject([{ names: [] }])
  })

  it('are asked for in vain if neither list has one', async () => {
    for (const entries of [[], layoutOf([], []), [['manifest.json', '[]']] as const])
      await expect(imagesOf(entries)).rejects.toMatchObject({
        code: 'MANIFEST_INVALID',
        message: expect.stringContaining('neither a manifest.json nor an index.json with images') as string,
      })
  })
})
