/** A store on the disk with images, for specs of commands. */
import { openStore } from '../../../lib/store/index.js'
import type { BuiltImage } from '../../../lib/testing/index.js'
import { temporaryDirectory } from '../temporary-directory.js'

const platform = { os: 'linux', architecture: 'amd64' }

/** Creates a store that has the blobs of the images under their names. Returns its directory. */
export async function storeWithImages(images: Readonly<Record<string, BuiltImage>>): Promise<string> {
  const directory = temporaryDirectory()
  const store = await openStore(directory)
  for (const [name, { manifest, config, layers }] of Object.entries(images)) {
    for (const { digest, bytes } of [...layers, config, manifest]) await store.blobs.put(digest, bytes)
    const { digest, mediaType, bytes } = manifest
    const descriptor = { digest, mediaType, size: bytes.length, platform }
    await store.names.set({ name, typed: name, descriptor })
  }
  await store.close()
  return directory
}
