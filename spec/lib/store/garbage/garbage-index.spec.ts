import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mediaTypes } from '../../../../lib/image/index.js'
import { readIndexEntries } from '../../../../lib/store/garbage/garbage-index.js'
import { descriptorOf } from '../../../support/store/images-in-a-store.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

describe('the entries that a collection reads', () => {
  const path = join(temporaryDirectory(), 'index.json')
  const image = descriptorOf('image', mediaTypes.ociManifest)
  const read = (...manifests: unknown[]) => {
    writeFileSync(path, JSON.stringify({ schemaVersion: 2, manifests }))
    return readIndexEntries(path)
  }

  it('are all of the index, with and without a name', async () => {
    const named = { ...image, annotations: { 'org.opencontainers.image.ref.name': 'a' } }
    expect(await read(named, image)).toEqual([named, image])
  })

  it('may have a digest of an algorithm that is not supported', async () => {
    const other = { ...image, digest: `blake3:${'0'.repeat(64)}` }
    expect(await read(other)).toEqual([other])
  })

  it.each([
    ['no digest', { ...image, digest: undefined }],
    ['a text that is no digest', { ...image, digest: 'sha256:x' }],
    ['no members at all', 7],
  ])('stop it if one has %s, because it is unknown what is in use', async (_, entry) => {
    await expect(read(image, entry)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringMatching(/^Nothing was removed, because it is unknown what/) as string,
    })
  })

  it('stop it if one of Windlass was changed, beside others that are well', async () => {
    const annotations = { 'io.windlass.reference.name': 'a', 'io.windlass.entry.sha256': '0'.repeat(64) }
    await expect(read(image, { ...image, annotations })).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining('was damaged or changed') as string,
    })
  })

  it('cannot be read from an empty file', async () => {
    writeFileSync(path, '')
    await expect(readIndexEntries(path)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })
})
