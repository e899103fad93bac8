/** Determines the sizes of the layers of a schema 1 image, which its manifest does not state. */
import { from, lastValueFrom, map, mergeMap, toArray } from 'rxjs'
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import { type Descriptor, type Digest, mediaTypes } from '../../image/index.js'
import type { Store } from '../../store/index.js'
import type { ReadSchema1Document, Resolved, Schema1ImageDocument } from '../elements.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'
import { storedConversion } from '../../transfer/stored/stored-conversion.js'

/** Settings of `sizeSchema1`. */
export interface SizeSchema1Options {
  readonly store: Store
  readonly retry: RetryPolicy
  /** Maximum number of sizes requested concurrently (default 4). */
  readonly slots?: number
}

/**
 * Returns the stage that takes the sizes from the blobs in the store, from an earlier conversion of the image, or
 * from the source.
 * @throws errors of `ImageSource.blobSize`
 */
export function sizeSchema1({
  store,
  retry,
  slots = 4,
}: SizeSchema1Options): Stage<Resolved<ReadSchema1Document>, Resolved<Schema1ImageDocument>> {
  return pullStage(
    async (resolved: Resolved<ReadSchema1Document>, turn): Promise<Resolved<Schema1ImageDocument>> => {
      const { request, document, trail } = resolved
      const known = await storedConversion({ ...request, digest: document.descriptor.digest }, store)
      const knownSizes = new Map(known?.document.manifest.layers.map(({ digest, size }) => [digest, size]))
      const sizeOf = async (digest: Digest): Promise<number> => {
        if (await store.blobs.has(digest)) return store.blobs.size(digest)
        return knownSizes.get(digest) ?? request.source.blobSize(digest, { signal: turn.signal })
      }
      const requests: Promise<number>[] = []
      turn.defer(() => Promise.allSettled(requests)) // the first failure aborts the others, which take time to end
      const sizeLater = (digest: Digest): Promise<number> => {
        const size = sizeOf(digest)
        requests.push(size)
        return size
      }
      const digests = document.image.layers.map(({ digest }) => digest)
      const sizes = await lastValueFrom(
        from(new Set(digests)).pipe(
          mergeMap((digest) => from(sizeLater(digest)).pipe(map((size) => [digest, size] as const)), slots),
          toArray(),
          map((pairs) => new Map(pairs)),
        ),
      )
      const layers = digests.map((digest): Descriptor => ({
        mediaType: mediaTypes.ociLayerGzip, // the usual type, as the manifest states none; the bytes decide
        digest,
        size: sizes.get(digest) ?? 0,
      }))
      return { request, trail, document: { ...document, layers, known } }
    },
    { name: 'size-schema1', order: 'source', supervise: retryingTransfers(retry) },
  )
}
