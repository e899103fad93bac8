/** What a conversion from schema 1 says of a layer: the manifest of schema 1 says neither its diffID nor how it is compressed. */
import { type Descriptor, type Digest, type SeenLayer, mediaTypes } from '../../image/index.js'
import type { Store } from '../../store/index.js'
import { type DiffIDOptions, compressionOfBlob, diffIDOfBlob } from './blob-content.js'

export interface SeenLayerOptions extends DiffIDOptions {
  /** Where it is known. */
  readonly diffID?: Digest | undefined
}

/** Reads the blob where the diffID is not known, and looks at its first bytes where it is here. @throws as `diffIDOfBlob` */
export async function seenLayer(
  descriptor: Descriptor,
  store: Store,
  { diffID, ...options }: SeenLayerOptions,
): Promise<SeenLayer> {
  return {
    descriptor: await asItIs(descriptor, store),
    diffID: diffID ?? (await diffIDOfBlob(descriptor, store, options)),
  }
}

const layerTypes = {
  none: mediaTypes.ociLayer,
  gzip: mediaTypes.ociLayerGzip,
  zstd: mediaTypes.ociLayerZstd,
} as const

/** Other tools believe what a manifest of today says. */
async function asItIs(descriptor: Descriptor, store: Store): Promise<Descriptor> {
  if (!(await store.blobs.has(descriptor.digest))) return descriptor
  return { ...descriptor, mediaType: layerTypes[await compressionOfBlob(descriptor.digest, store)] }
}
