import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import {
  type ArchiveContent,
  type DockerImage,
  indexedImages,
  writeImageArchive,
} from '../../../../lib/archive/images/write-archive.js'
import { digestOf, hexOf } from '../../../../lib/image/index.js'
import { type ReadEntry, contentOf, readArchive } from '../../../../testbench/archives/archive.js'

const mediaType = 'application/vnd.oci.image.layer.v1.tar'
const blob = (text: string, algorithm: 'sha256' | 'sha512' = 'sha256') => ({
  ...{ digest: digestOf(Buffer.from(text), algorithm), size: text.length, text },
})
const [config, manifest] = [blob('config'), blob('manifest')]
const layers = [blob('layer 1'), blob('layer 2'), blob('layer 3', 'sha512')]
const texts = new Map([config, manifest, ...layers].map(({ digest, text }) => [digest, text]))
const dockerImage: DockerImage = {
  ...{ config: config.digest, names: ['docker.io/library/app:1', 'ghcr.io/o/app:2'] },
  layers: layers.map(({ digest, size }) => ({ digest, size, mediaType, diffID: digest })),
}

const written = (changes: Partial<ArchiveContent> = {}, signal?: AbortSignal) =>
  writeImageArchive(
    {
      ...{ documents: [manifest, config], layers, index: [], docker: [dockerImage] },
      open: (digest) => Readable.from([Buffer.from(texts.get(digest)!)]),
      damagedError: (digest) => new Error(`damaged: ${digest}`),
      ...changes,
    },
    signal,
  )
const entriesOf = async (changes: Partial<ArchiveContent> = {}): Promise<ReadEntry[]> => {
  const { stream, done } = written(changes)
  const [bytes] = await Promise.all([buffer(stream), done])
  return readArchive(bytes)
}
const jsonOf = (entries: readonly ReadEntry[], path: string): unknown =>
  JSON.parse(contentOf(entries.find((each) => each.path === path)!).toString())

describe('a written archive of images', () => {
  it('has directories, then documents and layers by their digests, then the lists', async () => {
    const entries = await entriesOf()
    const paths = (blobs: readonly (typeof config)[]) =>
      blobs.map(({ digest }) => `blobs/${digest.replace(':', '/')}`).sort()
    expect(entries.map(({ path }) => path)).toEqual([
      ...['blobs/', 'blobs/sha256/', 'blobs/sha512/', ...paths([config, manifest]), ...paths(layers)],
      ...['index.json', 'manifest.json', 'oci-layout'],
    ])
    for (const { digest, text } of [config, ...layers])
      expect(contentOf(entries.find(({ path }) => path.endsWith(hexOf(digest)))!).toString()).toBe(text)
  })

  it('does not depend on the time, nor on the order of the blobs', async () => {
    const entries = await entriesOf()
    expect(entries.every(({ mtime }) => mtime === 0n)).toBe(true)
    const reversed = { documents: [config, manifest], layers: [...layers].reverse() }
    expect(await entriesOf(reversed)).toEqual(entries)
  })

  it('has each blob once, also one that is a document and a layer', async () => {
    const twice = { documents: [config, manifest, config], layers: [...layers, ...layers, config] }
    expect(await entriesOf(twice)).toEqual(await entriesOf())
  })

  it('lists images for Docker by their familiar names, and without a name', async () => {
    const names = (image: DockerImage) =>
      entriesOf({ docker: [image] }).then((entries) => jsonOf(entries, 'manifest.json'))
    const pathOf = (digest: string): string => `blobs/${digest.replace(':', '/')}`
    expect(await names(dockerImage)).toEqual([
      {
        Config: pathOf(config.digest),
        RepoTags: ['app:1', 'ghcr.io/o/app:2'],
        Layers: layers.map(({ digest }) => pathOf(digest)),
        LayerSources: Object.fromEntries(
          layers.map(({ digest, size }) => [digest, { mediaType, size, digest }]),
        ),
      },
    ])
    expect(await names({ ...dockerImage, names: [] })).toMatchObject([{ RepoTags: null }])
  })

  it('is only a layout without images that Docker can load', async () => {
    const paths = (await entriesOf({ docker: [] })).map(({ path }) => path)
    expect(paths).not.toContain('manifest.json')
    expect(paths).toContain('index.json')
  })

  it('fails with the error of a blob that is damaged or cannot be read', async () => {
    const damaged = written({ open: (digest) => Readable.from([Buffer.alloc(texts.get(digest)!.length)]) })
    await expect(buffer(damaged.stream)).rejects.toThrow(/^damaged: sha256:/)
    await expect(damaged.done).rejects.toThrow(/^damaged: sha256:/)
    const unreadable = written({
      open: () =>
        new Readable({
          read() {
            this.destroy(new Error('unreadable'))
          },
        }),
    })
    await expect(buffer(unreadable.stream)).rejects.toThrow('unreadable')
    await expect(unreadable.done).rejects.toThrow('unreadable')
  })

  it('ends with its signal, and closes the blob that is being read', async () => {
    const stop = new AbortController()
    const source = new Readable({ read: () => undefined })
    const { stream, done } = written({ open: () => source }, stop.signal)
    const failed = expect(done).rejects.toMatchObject({ name: 'AbortError' })
    stream.once('readable', () => stop.abort())
    await expect(buffer(stream)).rejects.toMatchObject({ name: 'AbortError' })
    await failed
    expect(source.destroyed).toBe(true)
  })
})

describe('the entries of an index for an image', () => {
  const listed = { mediaType, digest: manifest.digest, size: manifest.size }

  it('are one for each name, with the name for containerd and the tag for other tools', () => {
    expect(indexedImages(listed, ['docker.io/library/app:1', 'ghcr.io/o/app:2'])).toEqual([
      {
        ...listed,
        annotations: {
          'io.containerd.image.name': 'docker.io/library/app:1',
          'org.opencontainers.image.ref.name': '1',
        },
      },
      {
        ...listed,
        annotations: {
          'io.containerd.image.name': 'ghcr.io/o/app:2',
          'org.opencontainers.image.ref.name': '2',
        },
      },
    ])
  })

  it('are one without annotations for an image without a name', () => {
    expect(indexedImages({ ...listed, annotations: { other: 'x' } }, [])).toEqual([listed])
  })
})
