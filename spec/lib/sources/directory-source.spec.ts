import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hexOf } from '../../../lib/image/index.js'
import { directorySource } from '../../../lib/sources/index.js'
import { buildIndex, tinyImage } from '../../../lib/testing/images/index.js'
import { all } from '../../support/artifacts.js'
import { openPaths } from '../../support/open-paths.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const image = tinyImage()

describe('a directory with an image', () => {
  const home = temporaryDirectory()
  let count = 0
  function directory(files: Readonly<Record<string, Buffer | string>>): string {
    const path = join(home, String(count++))
    mkdirSync(path)
    for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content)
    return path
  }
  const blobs = Object.fromEntries(
    [image.config, ...image.layers].map(({ digest, bytes }) => [hexOf(digest), bytes]),
  )

  it('has the manifest and the blobs of the image', async () => {
    const source = directorySource(directory({ ...blobs, 'manifest.json': image.manifest.bytes }))
    for (const target of ['', image.manifest.digest])
      expect((await source.manifest(target)).bytes.equals(image.manifest.bytes)).toBe(true)
    expect(await source.blobSize(image.config.digest)).toBe(image.config.bytes.length)
    expect(await all(source.tags())).toEqual([[]])
    await expect(source.manifest('1.2')).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
  })

  it('has the images of an index under their digests', async () => {
    const index = buildIndex([image, tinyImage({ platform: { os: 'linux', architecture: 'arm64' } })])
    const source = directorySource(
      directory({
        'manifest.json': index.manifest.bytes,
        [`${hexOf(image.manifest.digest)}.manifest.json`]: image.manifest.bytes,
      }),
    )
    expect((await source.manifest('')).bytes.equals(index.manifest.bytes)).toBe(true)
    expect((await source.manifest(image.manifest.digest)).bytes.equals(image.manifest.bytes)).toBe(true)
  })

  it('has no manifest beyond the limit, and nothing stays open', async () => {
    const path = directory({ ...blobs, 'manifest.json': image.manifest.bytes })
    const source = directorySource(path)
    const maxBytes = image.manifest.bytes.length
    expect((await source.manifest('', { maxBytes })).bytes.equals(image.manifest.bytes)).toBe(true)
    for (const target of ['', image.manifest.digest])
      await expect(source.manifest(target, { maxBytes: maxBytes - 1 })).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
      })
    await expect(source.manifest(image.config.digest, { maxBytes })).resolves.toBeDefined()
    expect(openPaths().filter((each) => each.startsWith(path))).toEqual([])
  })

  it('says which of its files cannot be read, the first one if both are missing', async () => {
    const path = directory({ 'manifest.json': image.manifest.bytes })
    const source = directorySource(path)
    await expect(source.blob(image.config)).rejects.toMatchObject({
      ...{ code: 'BLOB_UNKNOWN', message: expect.stringContaining('it does not exist') as string },
    })
    const hex = hexOf(image.config.digest)
    mkdirSync(join(path, hex))
    writeFileSync(join(path, `${hex}.manifest.json`), 'another')
    await expect(source.blob(image.config)).rejects.toMatchObject({
      ...{ code: 'BLOB_UNKNOWN', message: expect.stringContaining('it is a directory') as string },
    })
  })

  it('is refused if it is something else, and is not read through links', async () => {
    await expect(directorySource(directory({ a: 'x' })).manifest('')).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
      message: expect.stringContaining('manifest.json: it does not exist') as string,
    })
    const path = directory({ 'manifest.json': image.manifest.bytes })
    symlinkSync('/etc/passwd', join(path, hexOf(image.config.digest)))
    await expect(directorySource(path).blob(image.config)).rejects.toMatchObject({
      code: 'BLOB_UNKNOWN',
      message: expect.stringContaining('it is a symbolic link') as string,
    })
  })
})
