/** Archives of `docker save` in every form as sources, and hostile ones. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { parseImageManifest } from '../../../../lib/image/index.js'
import { defaultLimits } from '../../../../lib/limits.js'
import { dockerArchiveSource } from '../../../../lib/sources/index.js'
import { buildImage } from '../../../../lib/testing/images/index.js'
import { all } from '../../../support/artifacts.js'
import {
  type ArchiveEntry,
  archiveOf,
  craneEntries,
  dockerSaveEntries,
  layoutEntries,
} from '../../../support/archive/image-archive.js'
import { openPaths } from '../../../support/open-paths.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const image = buildImage({
  layers: [{ entries: [{ path: 'a', content: 'a' }] }, { entries: [{ path: 'b', content: 'b' }] }],
})
const other = buildImage({ layers: [{ entries: [{ path: 'other', content: 'other' }] }] })
const name = 'docker.io/library/app:1'

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('an archive of docker save', () => {
  const directory = temporaryDirectory()
  let count = 0
  async function sourceOf(entries: readonly ArchiveEntry[], compress = false) {
    const file = join(directory, `${count++}.tar`)
    const bytes = await archiveOf(entries)
    writeFileSync(file, compress ? gzipSync(bytes) : bytes)
    return dockerArchiveSource(file)
  }

  it.each([
    ['of Docker before version 25', dockerSaveEntries(image, ['app:1']), 'tar'],
    ['of crane', craneEntries(image, ['app:1']), 'bytes'],
  ] as const)('%s has the layers of the image', async (_, entries, form) => {
    for (const compressed of [false, true]) {
      const source = await sourceOf(entries, compressed)
      for (const target of ['', '@0', name]) {
        const { bytes } = await source.manifest(target)
        const { config, layers } = parseImageManifest(bytes)
        expect(config.digest).toBe(image.config.digest)
        expect(layers.map(({ digest }) => digest)).toEqual(
          image.layers.map((layer) => (form === 'tar' ? layer.diffID : layer.digest)),
        )
        for (const [at, layer] of layers.entries()) {
          const { stream, size } = await source.blob(layer)
          expect(size).toBe(layer.size)
          expect((await readAll(stream as AsyncIterable<Buffer>)).equals(image.layers[at]![form])).toBe(true)
          const part = await source.blob(layer, { offset: 5, length: 7 })
          expect(await readAll(part.stream as AsyncIterable<Buffer>)).toEqual(
            image.layers[at]![form].subarray(5, 12),
          )
        }
      }
      expect(await all(source.tags())).toEqual([[name]])
      await source.close()
      // A closed source may be used again.
      expect((await source.manifest('')).bytes.length).toBeGreaterThan(0)
      await source.close()
    }
  })

  it('has no file open once it is closed', async () => {
    const before = openPaths()
    const source = await sourceOf(dockerSaveEntries(image, ['app:1']), true)
    await source.manifest('')
    expect(openPaths().length).toBeGreaterThan(before.length)
    await source.close()
    expect(openPaths()).toEqual(before)
  })

  it('keeps the manifest that it has for the config', async () => {
    const [item] = craneEntries(image, ['app:1']).slice(-1)
    const [listed] = JSON.parse(String(item![1])) as {
      Config: string
      Layers: string[]
      RepoTags: string[]
    }[]
    const path = (digest: string): string => `blobs/${digest.replace(':', '/')}`
    const source = await sourceOf([
      ...layoutEntries([[image]]),
      [
        'manifest.json',
        JSON.stringify([
          {
            ...listed,
            Config: path(image.config.digest),
            Layers: image.layers.map(({ digest }) => path(digest)),
          },
        ]),
      ],
    ])
    expect((await source.manifest(name)).bytes.equals(image.manifest.bytes)).toBe(true)
  })

  it('follows links to layers', async () => {
    const entries = dockerSaveEntries(image, null)
    const source = await sourceOf([
      ...entries.map(([path, content]): ArchiveEntry => [
        path === '0/layer.tar' ? 'real.tar' : path,
        content,
      ]),
      ['0/layer.tar', '', { type: 'symlink', to: '../real.tar' }],
    ])
    expect(parseImageManifest((await source.manifest('')).bytes).layers).toHaveLength(2)
  })

  it('names its images if a name does not select one', async () => {
    const [one, two] = [dockerSaveEntries(image, ['app:1']), craneEntries(other, ['other:2'])]
    const listOf = (entries: readonly ArchiveEntry[]): unknown[] =>
      JSON.parse(String(entries.at(-1)![1])) as unknown[]
    const source = await sourceOf([
      ...one.slice(0, -1),
      ...two.slice(0, -1),
      ['manifest.json', JSON.stringify([...listOf(one), ...listOf(two)])],
    ])
    const hint = `Images in the archive: @0 "${name}", @1 "docker.io/library/other:2".`
    await expect(source.manifest('')).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN', hint })
    await expect(source.manifest('@2')).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN', hint })
    expect((await source.manifest('@1')).bytes).toBeDefined()
  })

  it('is told from an archive of a layout', async () => {
    await expect((await sourceOf(layoutEntries([[image]]))).manifest('')).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
      hint: expect.stringMatching(/^It is an archive of an OCI layout: name it oci-archive:/) as string,
    })
  })

  it.each<readonly [string, (entries: readonly ArchiveEntry[]) => readonly ArchiveEntry[], string]>([
    ['a missing layer', (entries) => entries.slice(1), 'MANIFEST_INVALID'],
    [
      'a missing config',
      (entries) => entries.filter(([path]) => !/^[0-9a-f]{64}/.test(path)),
      'MANIFEST_INVALID',
    ],
    [
      'a list that is no list',
      (entries) => [...entries.slice(0, -1), ['manifest.json', '{}']],
      'MANIFEST_INVALID',
    ],
    [
      'a list that is no JSON',
      (entries) => [...entries.slice(0, -1), ['manifest.json', '[']],
      'MANIFEST_INVALID',
    ],
    [
      'links in a circle',
      (entries) => [
        ...entries.slice(1),
        ['0/layer.tar', '', { type: 'symlink', to: 'x' }],
        ['0/x', '', { type: 'symlink', to: 'layer.tar' }],
      ],
      'MANIFEST_INVALID',
    ],
    ['a path that leaves it', (entries) => [...entries, ['../x', '']], 'MANIFEST_INVALID'],
  ])('is refused with %s', async (_, spoil, code) => {
    const source = await sourceOf(spoil(dockerSaveEntries(image, ['app:1'])))
    await expect(source.manifest('')).rejects.toMatchObject({ code })
  })

  it('is refused if it expands too much, and leaves no file', async () => {
    const file = join(directory, 'bomb.tar.gz')
    writeFileSync(file, gzipSync(await archiveOf([['zeros', Buffer.alloc(20_000_000)]])))
    const before = readdirSync(directory)
    const source = dockerArchiveSource(file, { limits: { ...defaultLimits, imageBytes: 10_000_000 } })
    await expect(source.manifest('')).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching(
        /^Failed to read images from .*bomb\.tar\.gz: the size of all layers so far/,
      ) as string,
    })
    expect(readdirSync(directory)).toEqual(before)
  })

  it('is refused if it is damaged or missing, and if it changes while it is read', async () => {
    const file = join(directory, 'damaged.tar.gz')
    writeFileSync(file, gzipSync(await archiveOf(craneEntries(image, []))).subarray(0, 400))
    await expect(dockerArchiveSource(file).manifest('')).rejects.toMatchObject({ code: 'MANIFEST_INVALID' })
    await expect(dockerArchiveSource(join(directory, 'none')).manifest('')).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
      message: expect.stringContaining('it does not exist') as string,
    })
    const changing = join(directory, 'changing.tar')
    writeFileSync(changing, await archiveOf(craneEntries(image, [])))
    const source = dockerArchiveSource(changing)
    await source.manifest('')
    writeFileSync(changing, await archiveOf(craneEntries(other, [])))
    await expect(source.blob(image.layers[0]!)).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
  })
})
