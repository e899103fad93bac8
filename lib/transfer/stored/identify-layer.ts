/** Determines the properties of a layer that a schema 1 manifest does not state: its diffID and its compression. */
import { type Descriptor, type Digest, type IdentifiedLayer, mediaTypes } from '../../image/index.js'
import type { Store } from '../../store/index.js'
import { type DiffIDOptions, compressionOfBlob, diffIDOfBlob } from './blob-content.js'

/** Settings of `identifyLayer`. */
export interface IdentifyLayerOptions extends DiffIDOptions {
  /** The diffID; undefined to compute it from the blob. */
  readonly diffID?: Digest | undefined
}

/**
 * Returns the diffID and the actual media type of a layer. Reads the whole blob if the diffID is not known, and only
 * its first bytes otherwise.
 * @throws as `diffIDOfBlob`
 */
export async function identifyLayer(
  descriptor: Descriptor,
  store: Store,
  { diffID, ...options }: IdentifyLayerOptions,
): Promise<IdentifiedLayer> {
  return {
    descriptor: await withActualType(descriptor, store),
    diffID: diffID ?? (await diffIDOfBlob(descriptor, store, options)),
  }
}

const layerTypes = {
  none: mediaTypes.ociLayer,
  gzip: mediaTypes.ociLayerGzip,
  zstd: mediaTypes.ociLayerZstd,
} as const

/** Sets the media type according to the compression of the blob, because other tools rely on it. */
async function withActualType(descriptor: Descriptor, store: Store): Promise<Descriptor> {
  if (!(await store.blobs.has(descriptor.digest))) return descriptor
  return { ...descriptor, mediaType: layerTypes[await compressionOfBlob(descriptor.digest, store)] }
}
