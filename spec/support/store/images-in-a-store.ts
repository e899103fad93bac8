/** Things to put into a store, for specs and their child processes. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Descriptor, type Digest, digestOf } from '../../../lib/image/index.js'
import type { Store, StoredLayer, WhiteoutForm } from '../../../lib/store/index.js'

const manifestType = 'application/vnd.oci.image.manifest.v1+json'

export function descriptorOf(bytes: Buffer | string, mediaType = manifestType): Descriptor {
  const content = Buffer.from(bytes)
  return { mediaType, digest: digestOf(content), size: content.length }
}

/** Puts `text` in as a manifest and names it. */
export async function putNamed(store: Store, name: string, text: string, typed = name): Promise<Descriptor> {
  const descriptor = descriptorOf(text)
  await store.blobs.put(descriptor.digest, Buffer.from(text))
  await store.names.set({ name, typed, descriptor })
  return descriptor
}

export const layerBlob = (name: string): Descriptor =>
  descriptorOf(`the blob of ${name}`, 'application/vnd.oci.image.layer.v1.tar+gzip')

export const diffIDOf = (name: string): Digest => digestOf(Buffer.from(`the layer ${name}`))

/** A layer of one file, which says which layer it is. */
export async function commitLayer(
  store: Store,
  name: string,
  {
    blob = layerBlob(name),
    form = 'overlay',
    ...more
  }: { blob?: Descriptor; form?: WhiteoutForm; implied?: readonly string[]; blobKept?: boolean } = {},
): Promise<StoredLayer> {
  const staged = await store.layers.stage()
  try {
    await writeFile(join(staged.path, 'file'), `${name} ${form}`)
    return await staged.commit({ diffID: diffIDOf(name), blob, size: 1024, form, ...more })
  } finally {
    await staged.discard()
  }
}
