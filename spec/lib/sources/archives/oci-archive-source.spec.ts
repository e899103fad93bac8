import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../../../lib/limits.js'
import { ociArchiveSource } from '../../../../lib/sources/index.js'
import { buildImage, tinyImage } from '../../../../lib/testing/images/index.js'
import { open } from '../../../../puller/index.js'
import {
  type ArchiveEntry,
  archiveOf,
  craneEntries,
  layoutEntries,
} from '../../../support/archive/image-archive.js'
import { all } from '../../../support/artifacts.js'
import { openPaths } from '../../../support/open-paths.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const image = tinyImage()
const other = buildImage({ layers: [{ entries: [{ path: 'other', content: 'other' }] }] })

describe('an archive of a layout', () => {
  const directory = temporaryDirectory()
  let count = 0
  async function fileOf(entries: readonly ArchiveEntry[], compress = false): Promise<string> {
    const file = join(directory, `${count++}.tar`)
    const bytes = await archiveOf(entries)
    writeFileSync(file, compress ? gzipSync(bytes) : bytes)
    return file
  }

  it.each([false, true])('is read as the layout is, compressed: %s', async (compress) => {
    const source = ociArchiveSource(await fileOf(layoutEntries([[image, 'one'], [other]]), compress))
    expect((await source.manifest('one')).bytes.equals(image.manifest.bytes)).toBe(true)
    expect((await source.manifest('@1')).bytes.equals(other.manifest.bytes)).toBe(true)
    expect((await source.manifest(other.manifest.digest)).bytes.equals(other.manifest.bytes)).toBe(true)
    expect(await source.blobSize(image.config.digest)).toBe(image.config.bytes.length)
    expect(await all(source.tags())).toEqual([['one']])
    await expect(source.manifest('')).rejects.toMatchObject({
      hint: 'Images in the layout: @0 "one", @1.',
    })
    await source.close()
  })

  it('is read within the limits, and has no file open once it is closed', async () => {
    const file = await fileOf(layoutEntries([[image, 'one']]), true)
    const before = openPaths()
    const limits = { ...defaultLimits, imageBytes: 100 }
    await expect(ociArchiveSource(file, { limits }).manifest('one')).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
    const source = ociArchiveSource(file)
    expect((await source.manifest('one')).bytes.equals(image.manifest.bytes)).toBe(true)
    expect(openPaths().length).toBeGreaterThan(before.length)
    await source.close()
    expect(openPaths()).toEqual(before)
  })

  it('is told from an archive of docker save', async () => {
    await expect(ociArchiveSource(await fileOf(craneEntries(image, []))).manifest('')).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
      hint: expect.stringMatching(/^It is an archive of “docker save”: name it docker-archive:/) as string,
    })
  })

  it.each<readonly [string, (entries: readonly ArchiveEntry[]) => readonly ArchiveEntry[], string]>([
    [
      'lacks a layer',
      (entries) => entries.filter(([path]) => !path.endsWith(image.layers[0]!.digest.slice(7))),
      'BLOB_UNKNOWN',
    ],
    [
      'has a layer with another digest',
      (entries) =>
        entries.map(([path, content]): ArchiveEntry =>
          path.endsWith(image.layers[0]!.digest.slice(7))
            ? [path, Buffer.from(content).fill(1)]
            : [path, content],
        ),
      'DIGEST_MISMATCH',
    ],
    [
      'has a manifest with another digest',
      (entries) =>
        entries.map(([path, content]): ArchiveEntry =>
          path.endsWith(image.manifest.digest.slice(7)) ? [path, `${String(content)} `] : [path, content],
        ),
      'MANIFEST_INVALID',
    ],
  ])('that %s is refused, and nothing is left behind', async (_, spoil, code) => {
    const file = await fileOf(spoil(layoutEntries([[image, 'one']])))
    const before = readdirSync(directory)
    const windlass = await open({ store: join(directory, 'no-store'), retries: 1 })
    try {
      for (const form of ['oci-archive:', 'docker-archive:', 'dir:', 'oci:']) {
        const target = `${form}${join(directory, `copy-${count++}`)}`
        const failure: unknown = await windlass
          .copy(`oci-archive:${file}:one`, target)
          .done.catch((error: unknown) => error)
        expect([code, 'SIZE_MISMATCH', 'DIGEST_MISMATCH']).toContain((failure as { code: string }).code)
      }
    } finally {
      await windlass.close()
    }
    // A layout and a directory keep the blobs that were verified, and list no image; an archive does not exist.
    const left = readdirSync(directory).filter((name) => !before.includes(name) && !/^copy-\d+$/.test(name))
    expect(left).toEqual([])
  })
})
