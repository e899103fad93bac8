/**
 * Finds out how big the layers of a schema 1 image are, which its manifest does not say: from the store where they are
 * there, or the image was pulled before; else from the source.
 */
import { from, lastValueFrom, map, mergeMap, toArray } from 'rxjs'
import { type Stage } from '../../flow/index.js'
import { pullStage } from '../pull-stage.js'
import { type Descriptor, type Digest, mediaTypes } from '../../image/index.js'
import type { Store } from '../../store/index.js'
import type { ReadSchema1Document, Resolved, Schema1ImageDocument } from '../elements.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'
import { storedConversion } from './stored-conversion.js'

export interface SizeSchema1Options {
  readonly store: Store
  readonly retry: RetryPolicy
  /** Sizes asked for at once. */
  readonly slots?: number
}

export function sizeSchema1({
  store,
  retry,
  slots = 4,
}: SizeSchema1Options): Stage<Resolved<ReadSchema1Document>, Resolved<Schema1ImageDocument>> {
  return pullStage(
    async (resolved: Resolved<ReadSchema1Document>, turn): Promise<Resolved<Schema1ImageDocument>> => {
      const { request, document, trail } = resolved
      const known = await storedConversion(resolved, store)
      const told = new Map(known?.document.manifest.layers.map(({ digest, size }) => [digest, size]))
      const sizeOf = async (digest: Digest): Promise<number> => {
        if (await store.blobs.has(digest)) return store.blobs.size(digest)
        return told.get(digest) ?? request.source.blobSize(digest, { signal: turn.signal })
      }
      const digests = document.image.layers.map(({ digest }) => digest)
      const sizes = await lastValueFrom(
        from(new Set(digests)).pipe(
          mergeMap((digest) => from(sizeOf(digest)).pipe(map((size) => [digest, size] as const)), slots),
          toArray(),
          map((pairs) => new Map(pairs)),
        ),
      )
      const layers = digests.map((digest): Descriptor => ({
        mediaType: mediaTypes.ociLayerGzip, // nothing says so but custom; the bytes have the last word
        digest,
        size: sizes.get(digest) ?? 0,
      }))
      return { request, trail, document: { ...document, layers, known } }
    },
    { name: 'size-schema1', order: 'source', supervise: retryingTransfers(retry) },
  )
}
