import { describe, expect, it } from 'vitest'
import { ArchiveDocuments } from '../../../../lib/archive/images/archive-documents.js'
import { bufferFile, readPart } from '../../../../lib/archive/images/archived-file.js'
import {
  type Descriptor,
  digestOf,
  isImageOrIndexEntry,
  mediaTypes,
  parseImageManifest,
} from '../../../../lib/image/index.js'
import { type Limits, defaultLimits } from '../../../../lib/limits.js'
import {
  type BuiltDocument,
  buildImage,
  buildIndex,
  tinyImage,
} from '../../../../lib/testing/images/index.js'
import {
  type ArchiveEntry,
  craneEntries,
  dockerSaveEntries,
  layoutEntries,
} from '../../../support/archive/image-archive.js'

const documentsOf = (entries: readonly ArchiveEntry[], limits: Partial<Limits> = {}): ArchiveDocuments => {
  const files = new Map(entries.map(([path, content]) => [path, bufferFile(Buffer.from(content))]))
  return new ArchiveDocuments(files, 'test.tar', { ...defaultLimits, ...limits })
}

/** Returns the manifest that is made of the only image of `manifest.json`. */
async function manifestOf(entries: readonly ArchiveEntry[]) {
  const documents = documentsOf(entries)
  const [item] = (await documents.dockerItems()) ?? []
  const digest = await documents.manifestOfItem(item!)
  return parseImageManifest(await readPart(documents.blob(digest)!))
}

describe('the manifest of an image of docker save', () => {
  const image = tinyImage()

  it('has the digest of the blob of a compressed layer, which is not its diffID', async () => {
    const { layers } = await manifestOf(craneEntries(image, ['app:1']))
    expect(layers).toMatchObject(image.layers.map(({ digest, size }) => ({ digest, size })))
  })

  it('has the diffID of a layer that is not compressed', async () => {
    const { layers } = await manifestOf(dockerSaveEntries(image, ['app:1']))
    expect(layers).toMatchObject(
      image.layers.map(({ diffID, tar }) => ({ digest: diffID, size: tar.length })),
    )
  })
})

describe('the documents of an archive', () => {
  const image = tinyImage()
  const other = buildImage({ layers: [{ entries: [{ path: 'other', content: 'other' }] }] })
  const descriptorOf = ({ mediaType, digest, bytes }: BuiltDocument): Descriptor => ({
    ...{ mediaType, digest, size: bytes.length },
  })
  const blobOf = ({ digest, bytes }: BuiltDocument): ArchiveEntry => [
    `blobs/${digest.replace(':', '/')}`,
    bytes,
  ]
  const invalid = (message: string) => ({
    code: 'MANIFEST_INVALID',
    message: expect.stringContaining(message) as string,
  })

  it('read the list of docker save: without layers or tags, and each name once', async () => {
    const list = [
      { Config: 'c', Layers: null },
      { Config: 'd', Layers: ['l'], RepoTags: ['app:1', 'docker.io/library/app:1', 'no name'] },
    ]
    expect(await documentsOf([['manifest.json', JSON.stringify(list)]]).dockerItems()).toEqual([
      { config: 'c', layers: [], names: [] },
      { config: 'd', layers: ['l'], names: ['docker.io/library/app:1'] },
    ])
    const many = Array.from({ length: 1_001 }, () => list[0])
    const items = await documentsOf([['manifest.json', JSON.stringify(many)]]).dockerItems()
    expect(items).toHaveLength(1_000)
  })

  it.each([
    ['no JSON', '{', 'its manifest.json is not JSON'],
    ['no list', '{}', 'its manifest.json is not a list of images'],
  ])('refuse a list of docker save that is %s', async (_, text, message) => {
    await expect(documentsOf([['manifest.json', text]]).dockerItems()).rejects.toMatchObject(invalid(message))
  })

  it('make the manifest of an image once', async () => {
    const documents = documentsOf(dockerSaveEntries(image, ['app:1']))
    const [item] = (await documents.dockerItems())!
    const made = documents.manifestOfItem(item!)
    expect(documents.manifestOfItem(item!)).toBe(made)
    await made
    expect(await documents.config(await documents.configDigest(item!))).toEqual(image.config.bytes)
  })

  it('do not take diffIDs of another number of layers for digests of layers', async () => {
    const two = buildImage({
      layers: ['a', 'b'].map((path) => ({ entries: [{ path, content: path }] })),
    })
    const entries = dockerSaveEntries(two, null).map(([path, content]): ArchiveEntry => {
      if (path !== 'manifest.json') return [path, content]
      const [item] = JSON.parse(String(content)) as [{ Layers: string[] }]
      return [path, JSON.stringify([{ ...item, Layers: [...item.Layers].reverse().concat(item.Layers[0]!) }])]
    })
    const { layers } = await manifestOf(entries)
    const digests = two.layers.map(({ diffID }) => diffID).reverse()
    expect(layers.map(({ digest }) => digest)).toEqual([...digests, two.layers[0]!.diffID])
  })

  it('say which part of an image is missing, without what a terminal would obey', async () => {
    const [, ...entries] = dockerSaveEntries(image, null)
    await expect(manifestOf(entries)).rejects.toMatchObject(invalid('it lacks the layer "0/layer.tar"'))
    const list = JSON.stringify([{ Config: 'a\x1b[2J', Layers: [] }])
    const failed: unknown = await manifestOf([['manifest.json', list]]).catch((error: unknown) => error)
    expect(failed).toMatchObject(invalid('it lacks the config'))
    expect((failed as Error).message).not.toContain('\x1b')
  })

  it('refuse a layer of a compression that images do not use, and name the archive', async () => {
    const xz = Buffer.from('fd377a585a0000000000', 'hex')
    const entries = dockerSaveEntries(image, null).map(([path, content]): ArchiveEntry => [
      path,
      path === '0/layer.tar' ? xz : content,
    ])
    await expect(manifestOf(entries)).rejects.toMatchObject(
      invalid('Failed to read images from test.tar: it is compressed with xz'),
    )
  })

  it('have the first manifest of the index for a config that several manifests have', async () => {
    const annotated = Buffer.from(
      JSON.stringify({ ...(JSON.parse(image.manifest.bytes.toString()) as object), annotations: { a: 'b' } }),
    )
    const second = { ...image.manifest, bytes: annotated, digest: digestOf(annotated) }
    const entries = layoutEntries([[image]]).filter(([path]) => path !== 'index.json')
    const manifests = [image.manifest, second].map(descriptorOf)
    const documents = documentsOf([
      ...entries,
      blobOf(second),
      ['index.json', JSON.stringify({ schemaVersion: 2, manifests })],
      ...dockerSaveEntries(image, null),
    ])
    const [item] = (await documents.dockerItems())!
    expect(await documents.manifestOfItem(item!)).toBe(image.manifest.digest)
  })

  it('find the manifests below an index that the archive has, down to a depth', async () => {
    const inner = buildIndex([image, other])
    const outer = buildIndex([inner])
    const entries = [...layoutEntries([[image]]), blobOf(inner.manifest), blobOf(outer.manifest)]
    const below = (document: BuiltDocument, limits = {}) =>
      documentsOf(entries, limits).manifestsBelow(descriptorOf(document))
    for (const document of [outer.manifest, inner.manifest, image.manifest])
      expect((await below(document)).map(({ digest }) => digest)).toEqual([image.manifest.digest])
    expect(await below(outer.manifest, { indexDepth: 2 })).toHaveLength(1)
    expect(await below(outer.manifest, { indexDepth: 1 })).toEqual([])
    expect(await below(other.manifest)).toEqual([])
    const artifact = { ...descriptorOf(image.manifest), artifactType: 'application/spdx+json' }
    const plain = await documentsOf(entries).manifestsBelow(artifact)
    expect(plain.length).toBe(isImageOrIndexEntry(artifact) ? 1 : 0)
  })

  it('find at most a thousand manifests below an index, which nests itself', async () => {
    const entry = descriptorOf(image.manifest)
    const indexOf = (manifests: readonly Descriptor[]): BuiltDocument => {
      const bytes = Buffer.from(
        JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }),
      )
      return { mediaType: mediaTypes.ociIndex, digest: digestOf(bytes), bytes, size: bytes.length }
    }
    const inner = indexOf(Array.from({ length: 1_100 }, () => entry))
    const outer = indexOf([descriptorOf(inner), descriptorOf(inner)])
    const documents = documentsOf([...layoutEntries([[image]]), blobOf(inner), blobOf(outer)])
    expect(await documents.manifestsBelow(descriptorOf(inner))).toHaveLength(1_000)
    expect(await documents.manifestsBelow(descriptorOf(outer))).toHaveLength(1_000)
  })

  it('have a manifest only with all of its blobs, of the sizes that it states', async () => {
    const entries = layoutEntries([[image]])
    const { digest } = image.manifest
    expect(await documentsOf(entries).manifest(digest)).toMatchObject({ schemaVersion: 2 })
    for (const blob of [image.config.digest, image.layers[0]!.digest]) {
      const without = entries.filter(([path]) => !path.endsWith(blob.slice(7)))
      await expect(documentsOf(without).manifest(digest)).rejects.toMatchObject(
        invalid(`it lacks the blob ${blob}`),
      )
      for (const change of [
        (bytes: Buffer) => bytes.subarray(1),
        (bytes: Buffer) => Buffer.concat([bytes, bytes]),
      ]) {
        const changed = entries.map(([path, bytes]): ArchiveEntry => [
          path,
          path.endsWith(blob.slice(7)) ? change(Buffer.from(bytes)) : bytes,
        ])
        await expect(documentsOf(changed).manifest(digest)).rejects.toMatchObject(
          invalid(`the blob ${blob} has `),
        )
      }
    }
    await expect(documentsOf([]).manifest(digest)).rejects.toMatchObject(invalid('it lacks the manifest'))
    await expect(documentsOf([]).config(digest)).rejects.toMatchObject(invalid('it lacks the config'))
  })

  it('are limited in size, configs by a limit of their own', async () => {
    const entries = layoutEntries([[image]])
    const { length } = image.config.bytes
    const config = (limits: Partial<Limits>) => documentsOf(entries, limits).config(image.config.digest)
    expect(await config({ configBytes: length, manifestBytes: 1 })).toHaveLength(length)
    await expect(config({ configBytes: length - 1 })).rejects.toMatchObject(invalid('are the limit'))
    const manifestBytes = image.manifest.bytes.length
    const read = (limits: Partial<Limits>) => documentsOf(entries, limits).manifest(image.manifest.digest)
    expect(await read({ manifestBytes, configBytes: 1 })).toBeDefined()
    await expect(read({ manifestBytes: manifestBytes - 1 })).rejects.toMatchObject(invalid('are the limit'))
  })
})
