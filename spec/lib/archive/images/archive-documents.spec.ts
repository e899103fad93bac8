import { describe, expect, it } from 'vitest'
import { ArchiveDocuments } from '../../../../lib/archive/images/archive-documents.js'
import { bufferFile, readPart } from '../../../../lib/archive/images/archived-file.js'
import { parseImageManifest } from '../../../../lib/image/index.js'
import { defaultLimits } from '../../../../lib/limits.js'
import { tinyImage } from '../../../../lib/testing/images/index.js'
import { type ArchiveEntry, craneEntries, dockerSaveEntries } from '../../../support/archive/image-archive.js'

/** Returns the manifest that is made of the only image of `manifest.json`. */
async function manifestOf(entries: readonly ArchiveEntry[]) {
  const files = new Map(entries.map(([path, content]) => [path, bufferFile(Buffer.from(content))]))
  const documents = new ArchiveDocuments(files, 'test.tar', defaultLimits)
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
