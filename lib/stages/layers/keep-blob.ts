/** Lets a downloaded blob be seen in the store: synced, then renamed. Nothing to do where it was there. */
import type { Store } from '../../store/index.js'
import type { ArrivingLayer } from '../../transfer/elements.js'

export async function keepBlob({ arriving, descriptor }: ArrivingLayer, store: Store): Promise<void> {
  if (!arriving) return
  await arriving.file.sync()
  await store.blobs.adopt(arriving.partial.path, descriptor.digest)
}
