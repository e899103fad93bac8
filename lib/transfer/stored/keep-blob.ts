/** Moves a downloaded blob into the store. */
import type { Store } from '../../store/index.js'
import type { ArrivingLayer } from '../elements.js'

/**
 * Syncs the file of a downloaded blob, then renames it into the store. Does nothing if the blob was already there.
 * @throws errors of the store
 */
export async function keepBlob({ arriving, descriptor }: ArrivingLayer, store: Store): Promise<void> {
  if (!arriving) return
  await arriving.file.sync()
  await store.blobs.adopt(arriving.partial.path, descriptor.digest)
}
